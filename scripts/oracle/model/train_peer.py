#!/usr/bin/env python3
"""Trains a classifier with transformers, the way finemix does, to measure finemix against.

AdamW (fused) with linear decay, clipped gradients, dropout, batches of texts of like length padded
to the longest. Prints one JSON object.
"""

import argparse
import json
import random
import time

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from oracle import (MAX_GRADIENT_NORM, compute_logits, make_optimizer, read_dataset, set_up,
                    tokenize)

MEGABATCH = 50  # batches that are shuffled together, then sorted by length


def make_batches(lengths, batch_size, rng):
    order = list(range(len(lengths)))
    rng.shuffle(order)
    window = MEGABATCH * batch_size
    batches = []
    for start in range(0, len(order), window):
        rows = sorted(order[start:start + window], key=lambda i: -lengths[i])
        batches += [rows[i:i + batch_size] for i in range(0, len(rows), batch_size)]
    rng.shuffle(batches)
    return batches


def train(model, tokenizer, texts, labels, options):
    """Examples seen, steps taken, last loss and seconds; tokenizing counts as part of the work."""
    start = time.perf_counter()
    rng = random.Random(options.seed)
    encoded = tokenize(tokenizer, texts, options.max_length)
    labels = torch.tensor(labels)
    lengths = [len(ids) for ids in encoded["input_ids"]]
    steps = options.epochs * -(-len(lengths) // options.batch_size)
    optimizer, schedule = make_optimizer(model, options.learning_rate, 0, steps, fused=True)
    batches = [batch for _ in range(options.epochs)
               for batch in make_batches(lengths, options.batch_size, rng)][:options.max_steps]
    model.train()
    for rows in batches:
        inputs = tokenizer.pad({k: [v[i] for i in rows] for k, v in encoded.items()},
                               return_tensors="pt")
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            loss = model(**inputs, labels=labels[rows]).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        schedule.step()
    seconds = time.perf_counter() - start
    examples = sum(map(len, batches))
    return {"steps": len(batches), "examples": examples, "loss": loss.item(),
            "seconds": round(seconds, 2), "examples_per_second": round(examples / seconds, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pretrained", required=True, metavar="DIR")
    parser.add_argument("--data", required=True, metavar="F")
    parser.add_argument("--test", metavar="F", help="evaluate on this file too")
    parser.add_argument("--output", metavar="DIR", help="write the trained checkpoint")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--max-steps", type=int, help="stop early, to time it only")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="autocast, for a CPU that has it")
    options = parser.parse_args()
    set_up()
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    texts, labels = read_dataset(options.data)
    tokenizer = AutoTokenizer.from_pretrained(options.pretrained)
    model = AutoModelForSequenceClassification.from_pretrained(
        options.pretrained, num_labels=max(labels) + 1, dtype=torch.float32)
    result = train(model, tokenizer, texts, labels, options)
    if options.test:
        start = time.perf_counter()
        test_texts, test_labels = read_dataset(options.test)
        found = compute_logits(model, tokenizer, test_texts, options.max_length).argmax(dim=1)
        correct = int((found == torch.tensor(test_labels)).sum())
        result |= {"accuracy": correct / len(test_labels), "correct": correct,
                   "total": len(test_labels),
                   "test_seconds": round(time.perf_counter() - start, 2)}
    if options.output:
        model.save_pretrained(options.output)
        tokenizer.save_pretrained(options.output)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
