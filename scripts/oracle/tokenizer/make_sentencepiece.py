#!/usr/bin/env python3
"""Writes tests/data/text/sentencepiece/: a unigram and a BPE model trained by the `sentencepiece`
package, and examples.jsonl with its ids of generated lines."""

import io
import json

import generated_lines
import sentencepiece

DIRECTORY = generated_lines.DATA / "sentencepiece"
# (name, type, normalizer, other settings); the table of nmt_nfkc is most of the first file.
MODELS = [
    ("unigram", "unigram", "nmt_nfkc", {"vocab_size": 280}),
    ("bpe", "bpe", "identity", {"vocab_size": 500, "byte_fallback": True}),
]
EXAMPLE_LINES = range(200)


def training_line(number):
    random = generated_lines.Random(number)
    return " ".join(random.choose(generated_lines.WORDS) for _ in range(8))


def train(model_type, normalizer, settings):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=map(training_line, range(2_000)),
        model_writer=model, model_type=model_type, normalization_rule_name=normalizer,
        character_coverage=0.98, num_threads=1, minloglevel=2, **settings)
    return model.getvalue()


def main():
    DIRECTORY.mkdir(exist_ok=True)
    with open(DIRECTORY / "examples.jsonl", "w", encoding="ascii") as file:
        for name, model_type, normalizer, settings in MODELS:
            model = train(model_type, normalizer, settings)
            (DIRECTORY / f"{name}.model").write_bytes(model)
            processor = sentencepiece.SentencePieceProcessor(model_proto=model)
            for n in EXAMPLE_LINES:
                ids = processor.encode(generated_lines.line(n))
                file.write(json.dumps(
                    {"model": name, "line": n, "ids": ids}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
