#!/usr/bin/env python3
"""more_words.py FROM TO COUNT: the same model with so many more words in its vocabulary, to time what depends on its
size. Their embeddings are random, and the same for any FROM of that width, so that a base and what was fine-tuned from it
still belong together."""

import json
import random
import sys
from pathlib import Path

import checkpoint_files

CHANGED = ("model.safetensors", "config.json", "vocab.txt", "tokenizer.json")
SPREAD = 0.05  # of an embedding's elements


def main():
    source, target, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    words = [f"word{i}" for i in range(count)]
    tensors = checkpoint_files.read_fp32(source / "model.safetensors")
    name = next(name for name in tensors if name.endswith("word_embeddings.weight"))
    (size, width), values = tensors[name]
    draw = random.Random(0)
    values.extend(draw.gauss(0, SPREAD) for _ in range(count * width))
    tensors[name] = ([size + count, width], values)

    config = json.loads((source / "config.json").read_text())
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = (source / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    if len(vocabulary) != size:
        sys.exit(f"more_words.py: {len(vocabulary)} words and {size} embeddings")

    checkpoint_files.copy_others(source, target, CHANGED)
    config["vocab_size"] += count
    (target / "config.json").write_text(json.dumps(config, indent=1))
    tokenizer["model"]["vocab"].update({word: size + i for i, word in enumerate(words)})
    (target / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    (target / "vocab.txt").write_text("\n".join(vocabulary + words) + "\n", encoding="utf-8")
    checkpoint_files.write_fp32(target / "model.safetensors", tensors)


main()
