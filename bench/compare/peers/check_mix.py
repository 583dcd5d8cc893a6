"""Counts in a mixed checkpoint how many weights are the suspect's, and how many are neither's.

Only weights in which the two differ tell anything. mergekit adds a difference in fp32, so what it
keeps is off by a rounding: equal means within two units in the last place. The head is left out: it
has no part in a mix.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open

UNITS = 2 * torch.finfo(torch.float32).eps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pretrained")
    parser.add_argument("suspect")
    parser.add_argument("mixed")
    options = parser.parse_args()
    files = [opened(path) for path in (options.pretrained, options.suspect, options.mixed)]
    kept = total = other = 0
    for name in files[1]:
        if name.startswith("classifier."):
            continue
        a, b, mixed = (file[name].get_tensor(name) for file in files)
        differ = a != b
        slack = UNITS * torch.maximum(a.abs(), b.abs())
        is_a, is_b = (mixed - a).abs() <= slack, (mixed - b).abs() <= slack
        # Nearer to one of them, where a difference is so small that both are within the slack.
        is_b &= ~is_a | ((mixed - b).abs() < (mixed - a).abs())
        kept += int((is_b & differ).sum())
        total += int(differ.sum())
        other += int((differ & ~is_a & ~is_b).sum())
    print(json.dumps({"kept": kept, "total": total, "other": other}))


def opened(directory):
    """{tensor name: the open file it is in}, one file or shards."""
    found = {}
    for path in sorted(Path(directory).glob("*.safetensors")):
        file = safe_open(path, framework="pt")
        found |= {name: file for name in file.keys()}
    return found


if __name__ == "__main__":
    main()
