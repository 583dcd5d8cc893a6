"""Tokenizes the lines of a file with huggingface's tokenizers. Prints one JSON object.

The seconds are those of encode_batch_fast alone, without reading and without what Python then does
with the ids.
"""

import argparse
import json
import time
from pathlib import Path

from tokenizers import Tokenizer

CHUNK = 1000
MAX_LENGTH = 512


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("--data", required=True, metavar="FILE")
    parser.add_argument("--ids", metavar="FILE", help="write a line of ids for each text")
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(Path(options.model) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_LENGTH)
    with open(options.data, encoding="utf-8", newline="\n") as file:
        texts = file.read().rstrip("\n").split("\n")[1:]
    seconds = 0.0
    ids = open(options.ids, "w", encoding="ascii") if options.ids else None
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start:start + CHUNK]
        begin = time.perf_counter()
        encoded = tokenizer.encode_batch_fast(chunk)
        seconds += time.perf_counter() - begin
        if ids:
            ids.writelines(" ".join(map(str, found.ids)) + "\n" for found in encoded)
    if ids:
        ids.close()
    print(json.dumps({"lines": len(texts), "seconds": seconds}))


if __name__ == "__main__":
    main()
