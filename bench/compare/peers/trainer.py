"""Trains with transformers' Trainer as it comes: fp32, shuffled, padded to a batch's longest text.

Only the batch size is finemix's, so that the steps are the same. Prints one JSON object.
"""

import argparse
import json
import tempfile

import torch
from recipe import load, quiet, read_dataset, tokenize
from transformers import DataCollatorWithPadding, Trainer, TrainingArguments


class Rows(torch.utils.data.Dataset):
    def __init__(self, encoded, labels):
        self.encoded, self.labels = encoded, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return {k: v[index] for k, v in self.encoded.items()} | {"labels": self.labels[index]}


def make_trainer(model, tokenizer, batch_size, epochs, data=None, **words):
    scratch = tempfile.TemporaryDirectory()
    arguments = TrainingArguments(
        output_dir=scratch.name, num_train_epochs=epochs, use_cpu=True,
        per_device_train_batch_size=batch_size, save_strategy="no", report_to="none",
        disable_tqdm=True, **words)
    trainer = Trainer(model=model, train_dataset=data,
                      data_collator=DataCollatorWithPadding(tokenizer), args=arguments)
    trainer.scratch = scratch  # lasts as long as the trainer
    return trainer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pretrained", required=True, metavar="DIR")
    parser.add_argument("--data", required=True, metavar="FILE")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    quiet(options.threads)

    texts, labels = read_dataset(options.data)
    tokenizer, model = load(options.pretrained, max(labels) + 1)
    rows = Rows(tokenize(tokenizer, texts, options.max_length), labels)
    trainer = make_trainer(model, tokenizer, options.batch_size, 1, rows)
    found = trainer.train().metrics
    print(json.dumps({"steps": trainer.state.global_step, "loss": found["train_loss"],
                      "seconds": found["train_runtime"],
                      "examples_per_second": len(rows) / found["train_runtime"]}))


if __name__ == "__main__":
    main()
