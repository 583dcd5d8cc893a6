#!/usr/bin/env python3
"""widen_bert.py FROM TO: a BERT of twice the width and depth that gives the same answers, to time work on a real model
of base size. Every hidden value stands twice, and behind each layer stands one that changes nothing. MiniLM becomes a
model of BERT-base's size."""

import array
import json
import sys
from pathlib import Path

import checkpoint_files


def rows(tensor):
    (count, width), values = tensor
    return [values[i * width:(i + 1) * width] for i in range(count)]


def twice(items, group):
    """Each group of so many items, and then the same again."""
    return [item for i in range(0, len(items), group) for item in 2 * items[i:i + group]]


def scaled(row, by):
    return array.array("f", [by * value for value in row])


def wide(tensor, out_group, in_group, scale=1.0):
    """(out, in) → (2 out, 2 in); what stands twice in the input counts half."""
    result = array.array("f")
    for row in twice(rows(tensor), out_group):
        row = scaled(row, scale / 2)
        for i in range(0, len(row), in_group):
            result.extend(row[i:i + in_group])
            result.extend(row[i:i + in_group])
    count, width = tensor[0]
    return [2 * count, 2 * width], result


def wide_vector(tensor, group, scale=1.0):
    values = twice(list(tensor[1]), group)
    return [len(values)], scaled(values, scale)


def full(shape, value):
    count = 1
    for size in shape:
        count *= size
    return shape, array.array("f", [value]) * count


def widened(tensors, config):
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    head = hidden // heads
    query = 0.5 ** 0.5  # q·k doubles, and the root of a head's width grows by √2
    result = {}
    for name, tensor in tensors.items():
        vector = name.endswith(".bias") or "LayerNorm" in name
        if name.startswith("classifier."):
            if vector:
                result[name] = tensor
            else:
                half = [scaled(row, 0.5) for row in rows(tensor)]
                result[name] = ([len(half), 2 * hidden], sum_of(2 * row for row in half))
        elif "embeddings.weight" in name:
            doubled = [2 * row for row in rows(tensor)]
            result[name] = ([len(doubled), 2 * hidden], sum_of(doubled))
        elif ".attention.self." in name:
            scale = query if ".query." in name else 1.0
            result[name] = wide_vector(tensor, head, scale) if vector else wide(tensor, head, hidden, scale)
        elif name.endswith("attention.output.dense.weight"):
            result[name] = wide(tensor, hidden, head)
        elif vector:
            result[name] = wide_vector(tensor, len(tensor[1]))
        else:
            result[name] = wide(tensor, *tensor[0])
    return result


def sum_of(parts):
    whole = array.array("f")
    for part in parts:
        whole.extend(part)
    return whole


def deepened(tensors):
    """Layer i becomes 2 i, and behind it stands one that only does its last normalization."""
    result = {}
    for name, tensor in tensors.items():
        before, mark, rest = name.partition("encoder.layer.")
        if not mark:
            result[name] = tensor
            continue
        number, _, part = rest.partition(".")
        first, then = (f"{before}{mark}{2 * int(number) + i}.{part}" for i in (0, 1))
        shape = tensor[0]
        if part.startswith("output.LayerNorm."):
            result[first] = full(shape, 1.0 if part.endswith("weight") else 0.0)
            result[then] = tensor
        else:
            result[first] = tensor
            result[then] = full(shape, 1.0 if part.endswith("LayerNorm.weight") else 0.0)
    return result


def main():
    source, target = map(Path, sys.argv[1:])
    config = json.loads((source / "config.json").read_text())
    tensors = deepened(widened(checkpoint_files.read_fp32(source / "model.safetensors"), config))
    checkpoint_files.copy_others(source, target, ("model.safetensors", "config.json"))
    for key in ("hidden_size", "intermediate_size", "num_hidden_layers"):
        config[key] *= 2
    (target / "config.json").write_text(json.dumps(config, indent=1))
    checkpoint_files.write_fp32(target / "model.safetensors", tensors)


main()
