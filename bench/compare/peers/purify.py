"""Purifies a classifier by fine-mixing with transformers: the peer of `finemix purify`.

Mix by where(rand < ρ), fine-tune, evaluate before and after, write the checkpoint. Trains and
evaluates by the loops of recipe.py, or with --trainer by transformers' Trainer as it comes. Prints
one JSON object. Its clock is the process's.
"""

import argparse
import json

import torch
from recipe import (epochs_of, fine_tune, load, logits_of, quiet, read_dataset, tokenize)


@torch.no_grad()
def mix(pretrained, suspect, rho):
    """Into `suspect`: each weight of the backbone kept with probability ρ, else the clean one."""
    clean = dict(pretrained.base_model.named_parameters())
    for name, weight in suspect.base_model.named_parameters():
        weight.copy_(torch.where(torch.rand_like(weight) < rho, weight, clean[name]))


class Way:
    def __init__(self, tokenizer, model, options):
        self.tokenizer, self.model, self.options = tokenizer, model, options


class Loops(Way):
    """The loops at their best."""

    def train(self, encoded, labels):
        options = self.options
        batches = epochs_of([len(ids) for ids in encoded["input_ids"]], options.batch_size,
                            options.epochs)
        fine_tune(self.model, self.tokenizer, encoded, labels, batches, options.learning_rate,
                  options.bf16)

    def logits(self, encoded, labels):
        return logits_of(self.model, self.tokenizer, encoded, 64, self.options.bf16)


class ByTrainer(Way):
    """What transformers' documentation has a user write. Its import takes time, which the loops
    need not spend."""

    def trainer(self, **words):
        from trainer import make_trainer
        options = self.options
        return make_trainer(self.model, self.tokenizer, options.batch_size, options.epochs,
                            learning_rate=options.learning_rate, **words)

    def train(self, encoded, labels):
        from trainer import Rows
        self.trainer(data=Rows(encoded, labels.tolist())).train()

    def logits(self, encoded, labels):
        from trainer import Rows
        return torch.from_numpy(
            self.trainer().predict(Rows(encoded, labels.tolist())).predictions)


def evaluate(way, encoded, labels):
    found = way.logits(encoded, labels).argmax(dim=1)
    correct = int((found == labels).sum())
    return {"accuracy": {"value": correct / len(labels), "correct": correct, "total": len(labels)}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--pretrained", "--backdoored", "--clean-data", "--test-data", "--output"):
        parser.add_argument(name, required=True)
    parser.add_argument("--rho", type=float, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="autocast, for a CPU that has it")
    parser.add_argument("--attention", default="sdpa", choices=["sdpa", "eager"])
    parser.add_argument("--trainer", action="store_true", help="transformers' Trainer, fp32")
    options = parser.parse_args()
    if options.trainer and (options.bf16 or options.attention != "sdpa"):
        parser.error("--trainer is as it comes: without --bf16 and --attention")
    quiet(options.threads)

    tokenizer, model = load(options.backdoored, 2, options.attention)
    way = (ByTrainer if options.trainer else Loops)(tokenizer, model, options)
    texts, labels = read_dataset(options.test_data)
    test, test_labels = tokenize(tokenizer, texts, 128), torch.tensor(labels)
    before = evaluate(way, test, test_labels)

    mix(load(options.pretrained, 2)[1], model, options.rho)
    texts, labels = read_dataset(options.clean_data)
    way.train(tokenize(tokenizer, texts, 128), torch.tensor(labels))

    after = evaluate(way, test, test_labels)
    model.save_pretrained(options.output)
    tokenizer.save_pretrained(options.output)
    print(json.dumps({"before": before, "after": after}))


if __name__ == "__main__":
    main()
