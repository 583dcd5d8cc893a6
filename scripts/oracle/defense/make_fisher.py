#!/usr/bin/env python3
"""The diagonal of the empirical Fisher information of tests/data/model/post_ln_gelu on its texts.

Writes tests/data/defense/fisher.safetensors: of some parameters the mean over the texts of the
squared gradient of -log p(label), text by text, dropout off, by autograd in float64.
"""

import sys
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertForSequenceClassification

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "model"))
from oracle import read_dataset, save_expected, set_up  # noqa: E402

DATA = Path(__file__).resolve().parents[3] / "tests" / "data"
MODEL = DATA / "model" / "post_ln_gelu"
NAMES = [
    "bert.embeddings.word_embeddings.weight",
    "bert.embeddings.position_embeddings.weight",
    "bert.encoder.layer.0.attention.self.query.bias",
    "bert.encoder.layer.0.attention.output.LayerNorm.weight",
    "bert.encoder.layer.1.output.dense.weight",
    "bert.pooler.dense.weight",
    "classifier.weight",
    "classifier.bias",
]


def main():
    set_up()
    (DATA / "defense").mkdir(parents=True, exist_ok=True)
    model = BertForSequenceClassification.from_pretrained(
        MODEL, attn_implementation="eager", dtype=torch.float64).eval()
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    texts, labels = read_dataset(MODEL / "texts.tsv")
    parameters = dict(model.named_parameters())
    sums = {name: torch.zeros_like(parameters[name]) for name in NAMES}
    for text, label in zip(texts, labels):
        model.zero_grad()
        model(**tokenizer(*text, return_tensors="pt"), labels=torch.tensor([label])).loss.backward()
        for name in NAMES:
            sums[name] += parameters[name].grad ** 2
    save_expected({name: (total / len(texts)).float() for name, total in sums.items()},
                  DATA / "defense" / "fisher.safetensors", __file__)


if __name__ == "__main__":
    main()
