"""Classifies texts with transformers, sorted by length: the peer of `finemix eval`.

Prints one JSON object; as in finemix, the seconds are without loading and tokenizing.
"""

import argparse
import json
import time

import torch
from recipe import load, logits_of, quiet, read_dataset, tokenize


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("--data", required=True, metavar="FILE")
    parser.add_argument("--precision", default="fp32", choices=["fp32", "autocast", "bf16"],
                        help="bf16: the weights too")
    parser.add_argument("--compile", action="store_true",
                        help="torch.compile; a pass before the clock starts compiles")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--logits", metavar="FILE", help="write the logits as JSON")
    options = parser.parse_args()
    quiet(options.threads)

    texts, labels = read_dataset(options.data)
    tokenizer, model = load(options.model, max(labels) + 1)
    encoded = tokenize(tokenizer, texts, options.max_length)
    autocast = options.precision == "autocast"
    if options.precision == "bf16":
        model.to(torch.bfloat16)
    if options.compile:
        model.compile(dynamic=True)
        logits_of(model, tokenizer, encoded, options.batch_size, autocast)

    start = time.perf_counter()
    logits = logits_of(model, tokenizer, encoded, options.batch_size, autocast)
    seconds = time.perf_counter() - start
    if options.logits:
        with open(options.logits, "w", encoding="utf-8") as file:
            json.dump(logits.tolist(), file)
    correct = int((logits.argmax(dim=1) == torch.tensor(labels)).sum())
    print(json.dumps({"correct": correct, "total": len(labels), "seconds": seconds}))


if __name__ == "__main__":
    main()
