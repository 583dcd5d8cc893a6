#!/usr/bin/env python3
"""Writes tests/data/text/byte_bpe/: a small RoBERTa tokenizer, trained by the real trainer on
DATA/*/*.tsv, in the two forms in which it comes, and the `tokenizers` package's ids of generated
lines and of the data, hashed in blocks.

    ./make_byte_bpe.py DATA                    the small one and all that is expected of it
    ./make_byte_bpe.py DATA --directory D --size 50265    a large one in D, for compare.py

json/   tokenizer.json as transformers 5 writes it, <mask> with lstrip
files/  vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json, as it wrote them
        up to version 4
"""

import argparse
import json
import pathlib

import generated_lines
import library
import make_expected_hashes as hashes
from tokenizers import AddedToken, ByteLevelBPETokenizer

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
ROLES = {"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>",
         "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}
GENERATED = 20_000
DIRECTORY = generated_lines.DATA / "byte_bpe"


def data_files(data):
    return [p for p in sorted(data.glob("*/*.tsv")) if p.parent.name != "corpus"]


def train(data, size):
    def texts():
        for path in data_files(data):
            for row in library.read_rows(path):
                yield from (row if isinstance(row, tuple) else [row])
        for number in range(GENERATED, GENERATED + 2_000):
            yield generated_lines.line(number)

    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(
        texts(), vocab_size=size, min_frequency=2, special_tokens=SPECIAL, show_progress=False)
    return tokenizer


def write_files(tokenizer, directory):
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer.save_model(str(directory))
    mask = {"content": "<mask>", "lstrip": True, "normalized": False, "rstrip": False,
            "single_word": False}
    (directory / "special_tokens_map.json").write_text(
        json.dumps({**ROLES, "mask_token": mask}) + "\n")
    (directory / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": False}) + "\n")


def write_json(files, directory):
    from transformers import RobertaTokenizer  # slow to import

    mask = AddedToken("<mask>", lstrip=True, normalized=False, special=True)
    RobertaTokenizer.from_pretrained(files, mask_token=mask).save_pretrained(directory)


def line_hashes(tokenizer):
    for numbers in hashes.blocks(range(GENERATED), hashes.LINES_A_BLOCK):
        hash = hashes.Hash()
        for number in numbers:
            text = generated_lines.line(number)
            tokenizer.no_truncation()
            hash.add_encoding(tokenizer.encode(text))
            if number % 4 == 0:
                tokenizer.enable_truncation(max_length=4 + number // 4 % 61)
                hash.add_encoding(tokenizer.encode(text, generated_lines.line(number + 1)))
        yield f"{hash.value:016x}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--directory", type=pathlib.Path)
    parser.add_argument("--size", type=int, default=1_500)
    options = parser.parse_args()
    directory = options.directory or DIRECTORY
    write_files(train(options.data, options.size), directory / "files")
    write_json(directory / "files", directory / "json")
    if options.directory:
        return
    rows = [(f"generated {GENERATED}", list(line_hashes(library.load(directory / "json"))))]
    rows += [(f"{path.relative_to(options.data)} {max_length}",
              list(hashes.shared_data_hashes(directory / "json", path, max_length)))
             for path in data_files(options.data) for max_length in (128, 32)]
    hashes.write("byte_bpe/hashes.txt", rows)


if __name__ == "__main__":
    main()
