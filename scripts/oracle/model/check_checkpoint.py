#!/usr/bin/env python3
"""Fails unless transformers loads DIR as a classifier, whole, and computes what finemix did.

Exit status 1 when a key is missing, unexpected or of another shape, or when a logit differs by more
than the tolerance from the predictions that `finemix eval --predictions` wrote.
"""

import argparse
import json
import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from oracle import compute_logits, read_dataset, set_up

TOLERANCE = 2e-5


def load(directory):
    """The model, or None after saying which keys don't fit."""
    model, info = AutoModelForSequenceClassification.from_pretrained(
        directory, output_loading_info=True, ignore_mismatched_sizes=True, dtype=torch.float32)
    wrong = {what: found for what, found in info.items() if found}
    for what, found in wrong.items():
        print(f"{directory}: {what}: {sorted(found)}")
    return None if wrong else model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", help="the checkpoint")
    parser.add_argument("--data", help="the TSV file that was evaluated")
    parser.add_argument("--predictions", help="what `finemix eval --predictions` wrote")
    parser.add_argument("--max-length", type=int, default=128)
    options = parser.parse_args()
    if bool(options.data) != bool(options.predictions):
        parser.error("--data and --predictions belong together")
    set_up()

    model = load(options.directory)
    if model is None:
        return 1
    print(f"{options.directory}: {type(model).__name__}, no missing, no unexpected keys")
    if not options.data:
        return 0

    with open(options.predictions, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts, _ = read_dataset(options.data)
    if len(rows) != len(texts):
        print(f"{options.predictions}: {len(rows)} rows, but {options.data} has {len(texts)}")
        return 1
    theirs = torch.tensor([row["logits"] for row in rows])
    ours = compute_logits(model, AutoTokenizer.from_pretrained(options.directory), texts,
                          options.max_length, batch_size=1)
    if theirs.shape != ours.shape:
        print(f"{options.predictions}: logits of shape {tuple(theirs.shape)}, "
              f"expected {tuple(ours.shape)}")
        return 1
    # Written so that a NaN fails too.
    worst = (ours - theirs).abs().amax(dim=1)
    disagreeing = [i for i, row in enumerate(rows) if row["label"] != int(theirs[i].argmax())]
    print(f"{len(rows)} rows: largest difference of a logit {worst.max().item():.3g} "
          f"in row {int(worst.argmax())}, tolerance {TOLERANCE:.3g}")
    if disagreeing:
        print(f"{options.predictions}: label is not the largest logit in rows {disagreeing[:10]}")
    return 0 if bool((worst <= TOLERANCE).all()) and not disagreeing else 1


if __name__ == "__main__":
    sys.exit(main())
