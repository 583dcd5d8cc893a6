"""Trains a classifier with transformers, the way finemix does: the peer of `finemix train`.

AdamW (fused) with linear warm-up and decay, clipped gradients, dropout, batches of texts of like
length padded to the longest. Prints one JSON object. As in finemix, the seconds are those of the
steps, without imports, loading and tokenizing.
"""

import argparse
import json
import time

import torch
from recipe import epochs_of, fine_tune, load, quiet, read_dataset, tokenize


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pretrained", required=True, metavar="DIR")
    parser.add_argument("--data", required=True, metavar="FILE")
    parser.add_argument("--output", metavar="DIR", help="write the trained checkpoint")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="autocast, for a CPU that has it")
    parser.add_argument("--attention", default="sdpa", choices=["sdpa", "eager"])
    parser.add_argument("--compile", action="store_true",
                        help="torch.compile; an epoch before the clock starts compiles")
    options = parser.parse_args()
    quiet(options.threads, options.seed)

    texts, labels = read_dataset(options.data)
    tokenizer, model = load(options.pretrained, max(labels) + 1, options.attention)
    encoded = tokenize(tokenizer, texts, options.max_length)
    labels = torch.tensor(labels)
    lengths = [len(ids) for ids in encoded["input_ids"]]
    batches = epochs_of(lengths, options.batch_size, options.epochs, options.seed)
    if options.compile:
        model.compile(dynamic=True)
        fine_tune(model, tokenizer, encoded, labels, batches, options.learning_rate, options.bf16)

    start = time.perf_counter()
    losses = fine_tune(model, tokenizer, encoded, labels, batches, options.learning_rate,
                       options.bf16)
    seconds = time.perf_counter() - start
    if options.output:
        model.save_pretrained(options.output)
        tokenizer.save_pretrained(options.output)
    last = losses[-(len(losses) // options.epochs):]
    examples = sum(map(len, batches))
    print(json.dumps({"steps": len(batches), "loss": torch.stack(last).mean().item(),
                      "seconds": seconds, "examples_per_second": examples / seconds}))


if __name__ == "__main__":
    main()
