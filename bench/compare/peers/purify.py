"""Purifies a classifier by fine-mixing with transformers: the peer of `finemix purify`.

Mix by where(rand < ρ), fine-tune with fused AdamW, evaluate before and after sorted by length,
write the checkpoint. Prints one JSON object. Its clock is the process's.
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


def evaluate(model, tokenizer, encoded, labels, bf16):
    found = logits_of(model, tokenizer, encoded, 64, bf16).argmax(dim=1)
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
    options = parser.parse_args()
    quiet(options.threads)

    tokenizer, model = load(options.backdoored, 2, options.attention)
    texts, labels = read_dataset(options.test_data)
    test, test_labels = tokenize(tokenizer, texts, 128), torch.tensor(labels)
    before = evaluate(model, tokenizer, test, test_labels, options.bf16)

    mix(load(options.pretrained, 2)[1], model, options.rho)
    texts, labels = read_dataset(options.clean_data)
    clean = tokenize(tokenizer, texts, 128)
    batches = epochs_of([len(ids) for ids in clean["input_ids"]], options.batch_size,
                        options.epochs)
    fine_tune(model, tokenizer, clean, torch.tensor(labels), batches, options.learning_rate,
              options.bf16)

    after = evaluate(model, tokenizer, test, test_labels, options.bf16)
    model.save_pretrained(options.output)
    tokenizer.save_pretrained(options.output)
    print(json.dumps({"before": before, "after": after}))


if __name__ == "__main__":
    main()
