#!/usr/bin/env python3
"""Compares which safetensors files finemix and the `safetensors` package accept.

    compare_headers.py BASE_TESTS [COUNT]
    compare_headers.py --keep [COUNT]

With --keep, COUNT (1,000) of them and what the package says of each are written to
tests/data/io/headers, for the test that compares them in every run. Otherwise BASE_TESTS is the program finemix_base_tests, COUNT (100,000) the number of files: valid ones, most
of them broken in one to three places. Fails when finemix accepts one that the package refuses, and
lists what finemix refuses and the package accepts.
"""

import collections
import copy
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from safetensors import SafetensorError, deserialize

KEPT = Path(__file__).resolve().parents[3] / "tests" / "data" / "io" / "headers"
WIDTHS = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "U16": 2, "I32": 4, "U32": 4, "I64": 8, "U64": 8,
          "F16": 2, "BF16": 2, "F32": 4, "F64": 8}
OTHER_DTYPES = ["F8_E4M3", "F8_E5M2", "F8_E8M0", "F4", "F6_E2M3", "F6_E3M2", "C64", "f32",
                "F128", ""]
NUMBERS = [0, 1, 2, 3, 4, 7, 8, -1, 0.0, 1.5, 1e3, 2**31, 2**32, 2**40, 2**62, 2**63 - 1, 2**63,
           2**64 - 1, 2**64, 2**70]
VALUES = [None, True, False, "", "x", [], {}, [0], [0, 0], [0, 4], {"a": "b"}, *NUMBERS]
NAMES = ["w", "a", "", "__metadata__", "n" * 1024, "n" * 1025, "\n", "\x7f", "\x80", "\x9f", "ä",
         "\u2028", "😀", "a/b", "../a"]
TOKENS = ['"', "{", "}", "[", "]", ",", ":", " ", "\n", "\t", "0", "-0", "1e2", "01", "1.0", "NaN",
          "null", "true", "//x", "/**/", "\\u0061", "\\ud800", "\\ud83d\\ude00", "\\u0000", "\\n",
          "\\x", "\x00", "\x01", "\x7f", '"w":', '"dtype":"U8",', '"__metadata__":{},']


def valid(rng):
    """A header as a dict, and its data."""
    header, data = {}, b""
    if rng.random() < 0.3:
        header["__metadata__"] = {str(i): "x" for i in range(rng.randrange(3))}
    names = rng.sample(["w", "a", "bert.pooler", "ä", "x" * 30], rng.randrange(5))
    for name in names:
        dtype = rng.choice(list(WIDTHS))
        shape = [rng.choice([0, 1, 2, 3]) for _ in range(rng.randrange(4))]
        count = WIDTHS[dtype]
        for size in shape:
            count *= size
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + count]}
        data += bytes(rng.randrange(2 if rng.random() < 0.999 else 256) for _ in range(count))
    items = list(header.items())
    rng.shuffle(items)
    return dict(items), data


def mutate_header(rng, header):
    """Another value, key or entry."""
    entries = [entry for entry in header.values() if isinstance(entry, dict)]
    kind = rng.randrange(9)
    if kind == 0 or not entries:
        empty = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
        header[rng.choice(NAMES)] = copy.deepcopy(rng.choice([rng.choice(VALUES), empty]))
        return
    entry = rng.choice(entries)
    if kind == 1:
        entry["dtype"] = rng.choice(OTHER_DTYPES + list(WIDTHS))
    elif kind == 2:
        field = rng.choice(["dtype", "shape", "data_offsets", "extra", "0"])
        entry[field] = copy.deepcopy(rng.choice(VALUES))
    elif kind == 3 and entry:
        entry.pop(rng.choice(list(entry)))
    elif kind == 4 and header:
        name = rng.choice(list(header))
        header[rng.choice(NAMES)] = header.pop(name)
    elif kind == 5 and header:
        header.pop(rng.choice(list(header)))
    else:
        field = entry.get(rng.choice(["shape", "data_offsets"]))
        if not isinstance(field, list):
            return
        place = rng.randrange(len(field) + 1)
        if rng.random() < 0.7 and place < len(field):
            small = isinstance(field[place], int) and rng.random() < 0.6
            near = field[place] + rng.choice([-4, -1, 1, 4]) if small else 0
            field[place] = near if small else rng.choice(NUMBERS)
        elif rng.random() < 0.5 and field:
            field.pop()
        else:
            field.insert(place, rng.choice(NUMBERS))


def mutate_text(rng, text):
    place = rng.randrange(len(text) + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:place] + rng.choice(TOKENS) + text[place:]
    if kind == 1:
        return text[:place] + text[place + rng.randrange(1, 12):]
    if kind == 2:
        end = place + rng.randrange(1, 40)
        return text[:end] + text[place:end] + text[end:]
    return re.sub(r"\d+", lambda m: rng.choice([m[0], m[0], str(rng.choice(NUMBERS))]), text)


def make_file(rng):
    header, data = valid(rng)
    kind = rng.random()
    if 0.05 <= kind < 0.5:
        for _ in range(rng.randrange(1, 4)):
            mutate_header(rng, header)
    text = json.dumps(header, ensure_ascii=rng.random() < 0.5,
                      separators=rng.choice([(",", ":"), (", ", ": ")]))
    if 0.5 <= kind < 0.85:
        for _ in range(rng.randrange(1, 3)):
            text = mutate_text(rng, text)
    if rng.random() < 0.3:
        text += " " * rng.randrange(9)
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    length = len(raw)
    if 0.85 <= kind < 0.9 and raw:
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    elif 0.9 <= kind < 0.95:
        length = max(0, length + rng.choice([-8, -1, 1, 8, 10**8, 2**63]))
    elif 0.95 <= kind:
        data = rng.choice([data[:-1], data + b"\0", b"", data + data])
    return struct.pack("<Q", length) + bytes(raw) + data


def summary(message):
    """Without what differs from file to file."""
    message = re.sub(r"'(?!dtype|shape|data_offsets)[^']*'|shape \[.*\] of \w+", "…", message)
    return re.sub(r"\d+", "N", message)[:90]


def write(path, files):
    with open(path, "wb") as out:
        for file in files:
            out.write(struct.pack("<Q", len(file)) + file)


def package_verdict(file):
    try:
        deserialize(file)
    except SafetensorError as error:
        return str(error)
    return ""


def main():
    keep = sys.argv[1] == "--keep"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000 if keep else 100_000
    rng = random.Random(6)
    files = [make_file(rng) for _ in range(count)]
    if keep:
        KEPT.mkdir(exist_ok=True)
        write(KEPT / "files.bin", files)
        with open(KEPT / "verdicts.txt", "w", encoding="utf-8") as out:
            for file in files:
                out.write(ascii(package_verdict(file))[1:-1] + "\n")
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "headers"
        write(path, files)
        subprocess.run([sys.argv[1], "--gtest_filter=HeaderVerdicts.*"], check=True,
                       stdout=subprocess.DEVNULL, env=os.environ | {"FINEMIX_HEADERS": str(path)})
        ours = Path(f"{path}.verdicts").read_text(errors="replace").split("\n")[:-1]
    assert len(ours) == count, (len(ours), count)

    theirs = [package_verdict(file) for file in files]
    both = sum(not a and not b for a, b in zip(ours, theirs))
    stricter = collections.Counter()
    laxer = []
    for file, mine, package in zip(files, ours, theirs):
        if mine and not package:
            stricter[summary(mine)] += 1
        elif package and not mine:
            laxer.append((file, package))
    refused = count - both - sum(stricter.values()) - len(laxer)
    print(f"{count} files: {both} accepted by both, {refused} refused by both, "
          f"{sum(stricter.values())} refused by finemix only, {len(laxer)} by the package only")
    for message, times in stricter.most_common():
        print(f"{times:6}  {message}")
    for file, package in laxer[:20]:
        print("ACCEPTED", file[:300], "BUT", package)
    sys.exit(bool(laxer))


if __name__ == "__main__":
    main()
