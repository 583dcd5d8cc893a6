#!/usr/bin/env python3
"""One tiny model in each form in which a checkpoint comes, and what is expected of each.

Writes tests/data/model/variants/; ../README.md says what the forms are.
"""

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import (AutoModel, AutoModelForSequenceClassification, AutoTokenizer,
                          BertForMaskedLM, BertForPreTraining)

from make_tiny_berts import LETTERS, make_model, write_tokenizer
from oracle import save_expected, set_up

OUTPUT = Path(__file__).resolve().parents[3] / "tests" / "data" / "model" / "variants"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *("##" + c for c in LETTERS),
          "good", "film", "##ly"]
CONFIG = dict(num_hidden_layers=2, hidden_size=16, num_attention_heads=2, intermediate_size=24,
              max_position_embeddings=32, layer_norm_eps=1e-12, num_labels=2)
TEXTS = ["a good film", "goodly", "x", "filmly good a b c good film, z"]
CLASSIFIERS = ["one_file", "vocab_txt", "shards", "f16", "bf16"]
BASES = ["no_prefix", "no_pooler", "masked_lm", "old_names"]


def fresh(name, tokenizer=("tokenizer.json", "tokenizer_config.json")):
    directory = OUTPUT / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    write_tokenizer(directory, PIECES, tokenizer)
    return directory


def with_heads(model_class, base):
    """A pre-trained model with its own heads around a copy of `base`."""
    torch.manual_seed(5)  # of the heads; nothing reads them
    model = model_class(base.config)
    model.bert.load_state_dict(base.state_dict(), strict=False)
    return model


def write_old_names(model, directory):
    """As the oldest published files have it: gamma and beta, and the positions as a tensor."""
    model.save_pretrained(directory)
    path = directory / "model.safetensors"
    tensors = {name.replace("LayerNorm.weight", "LayerNorm.gamma")
                   .replace("LayerNorm.bias", "LayerNorm.beta"): tensor
               for name, tensor in load_file(path).items()}
    tensors["bert.embeddings.position_ids"] = torch.arange(CONFIG["max_position_embeddings"])[None]
    save_file(tensors, path, metadata={"format": "pt"})


def write_variants():
    def model():
        return make_model(4, 0, len(PIECES), CONFIG)

    model().save_pretrained(fresh("one_file"))
    model().save_pretrained(fresh("vocab_txt", ["vocab.txt"]))
    model().save_pretrained(fresh("shards"), max_shard_size="5KB")
    model().to(torch.float16).save_pretrained(fresh("f16"))
    model().to(torch.bfloat16).save_pretrained(fresh("bf16"))
    model().bert.save_pretrained(fresh("no_prefix"))
    no_pooler = model().bert
    no_pooler.pooler = None
    no_pooler.save_pretrained(fresh("no_pooler"))
    with_heads(BertForMaskedLM, no_pooler).save_pretrained(fresh("masked_lm"))
    write_old_names(with_heads(BertForPreTraining, model().bert), fresh("old_names"))


@torch.no_grad()
def expected(name, inputs):
    """Of the files, with their weights widened to float32."""
    directory = OUTPUT / name
    auto = AutoModelForSequenceClassification if name in CLASSIFIERS else AutoModel
    model = auto.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
    base = getattr(model, "bert", model)(**inputs)
    values = {"cls": base.last_hidden_state[:, 0]}
    if name not in ("no_pooler", "masked_lm"):
        values["pooled"] = base.pooler_output
    if name in CLASSIFIERS:
        values["logits"] = model(**inputs).logits
    return {f"{name}.{what}": value for what, value in values.items()}


def main():
    set_up()
    write_variants()
    encoded = [AutoTokenizer.from_pretrained(OUTPUT / name)(TEXTS, padding=True,
                                                            return_tensors="pt")
               for name in ("one_file", "vocab_txt")]
    inputs = {k: encoded[0][k] for k in ("input_ids", "token_type_ids", "attention_mask")}
    assert all(torch.equal(inputs[k], encoded[1][k]) for k in inputs)
    (OUTPUT / "texts.tsv").write_text("text\n" + "".join(text + "\n" for text in TEXTS))
    tensors = dict(inputs)
    for name in CLASSIFIERS + BASES:
        tensors.update(expected(name, inputs))
    save_expected(tensors, OUTPUT / "expected.safetensors", __file__)


if __name__ == "__main__":
    main()
