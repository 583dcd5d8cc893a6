#!/usr/bin/env python3
"""Compares `finemix tokenize` with the `tokenizers` package on whole files, id by id.

    ./compare.py --finemix build/release/finemix --model DIR [--max-length 128] FILE...

Prints the lines that differ of each file, and fails when there is one.
"""

import argparse
import subprocess
import sys

import library


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--finemix", required=True, help="the executable")
    parser.add_argument("--model", required=True, help="a directory with a tokenizer")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()

    tokenizer = library.load(options.model, options.max_length)
    lines = differing = 0
    for path in options.files:
        run = subprocess.run(
            [options.finemix, "tokenize", "--model", options.model, "--data", path,
             "--max-length", str(options.max_length)],
            stdout=subprocess.PIPE, check=True)
        ours = [[int(id) for id in line.split()] for line in run.stdout.decode().splitlines()]
        rows = library.read_rows(path)
        theirs = [encoding.ids for encoding in library.encode(tokenizer, rows)]
        wrong = [i for i, ids in enumerate(theirs) if i >= len(ours) or ours[i] != ids]
        if len(ours) > len(theirs):
            wrong += range(len(theirs), len(ours))
        print(f"{path}: {len(theirs)} lines, {len(wrong)} differ")
        for i in wrong[:3]:
            print(f"  row {i + 1}: {rows[i]!r}"[:300] if i < len(rows) else f"  row {i + 1} is not there")
            print(f"    finemix    {ours[i] if i < len(ours) else None}"[:300])
            print(f"    tokenizers {theirs[i] if i < len(theirs) else None}"[:300])
        lines += len(theirs)
        differing += len(wrong)
    print(f"{lines} lines, {differing} differ")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
