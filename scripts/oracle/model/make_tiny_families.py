#!/usr/bin/env python3
"""A tiny random classifier of each family, with the values expected of it.

Writes tests/data/model/families/NAME/{config.json,model.safetensors,expected.safetensors}. Ids are
drawn, not tokenized. Of families whose texts have no type ids, the file has ones, which must not
matter; where positions follow the padding id, one text holds that id in its midst.
"""

from pathlib import Path

import torch
from transformers import (AlbertConfig, AutoModelForSequenceClassification, CamembertConfig,
                          DistilBertConfig, ElectraConfig, RobertaConfig, XLMRobertaConfig)

from oracle import (adamw_run, forward_backward, generator, make_batches, normal, save_expected,
                    set_up)

OUTPUT = Path(__file__).resolve().parents[3] / "tests" / "data" / "model" / "families"
LEARNING_RATE = 5e-4
BATCH_SIZE = 4
LENGTHS = [9, 3, 30, 5, 21, 14, 26]
SIZES = dict(vocab_size=60, num_hidden_layers=2, hidden_size=24, num_attention_heads=2,
             intermediate_size=40, max_position_embeddings=34, num_labels=3)

MODELS = {
    "roberta": RobertaConfig(**SIZES, type_vocab_size=1, layer_norm_eps=1e-5),
    # Types of its own and another padding id, with fewer positions left for it.
    "xlm_roberta": XLMRobertaConfig(**SIZES | dict(max_position_embeddings=40), type_vocab_size=2,
                                    pad_token_id=5),
    "camembert": CamembertConfig(**SIZES, type_vocab_size=1, hidden_act="gelu_new"),
    "distilbert": DistilBertConfig(vocab_size=60, n_layers=2, dim=24, n_heads=2, hidden_dim=40,
                                   max_position_embeddings=34, num_labels=3),
    "electra": ElectraConfig(**SIZES, embedding_size=16),
    "electra_wide": ElectraConfig(**SIZES, embedding_size=24),
    # One layer's weights for all; and three groups over five layers, with two layers in each.
    "albert": AlbertConfig(**SIZES | dict(num_hidden_layers=3), embedding_size=16),
    "albert_groups": AlbertConfig(**SIZES | dict(num_hidden_layers=5), embedding_size=24,
                                  num_hidden_groups=3, inner_group_num=2, hidden_act="relu"),
}
TYPED = ("electra", "electra_wide", "albert", "albert_groups")
AFTER_PADDING = ("roberta", "xlm_roberta", "camembert")


def make_weights(model, seed):
    """As make_tiny_berts.make_model: nothing that is left out or mixed up can pass unseen."""
    rng = generator(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = "norm" in name.lower() and name.endswith(".weight")
            parameter.copy_(normal(rng, parameter.shape, 0.2, 1.0 if is_norm else 0.0))


def make_inputs(name, config, seed):
    rng = generator(seed)
    rows, longest = len(LENGTHS), max(LENGTHS)
    pad = config.pad_token_id
    ids = torch.full((rows, longest), pad)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(LENGTHS):
        drawn = torch.from_numpy(rng.integers(0, config.vocab_size - 1, length))
        ids[row, :length] = drawn + (drawn >= pad)  # any but the padding id
        mask[row, :length] = 1
    if name in AFTER_PADDING:
        ids[2, 11] = pad
    types = (ids % 2 if name in TYPED else torch.ones_like(ids)) * mask
    return ids, mask, types


def main():
    set_up()
    for seed, (name, config) in enumerate(MODELS.items(), start=11):
        directory = OUTPUT / name
        directory.mkdir(parents=True, exist_ok=True)
        model = AutoModelForSequenceClassification.from_config(config)
        make_weights(model, seed)
        model.save_pretrained(directory)
        # Read back: what is expected is expected of the files.
        model = AutoModelForSequenceClassification.from_pretrained(
            directory, attn_implementation="eager")

        ids, mask, types = make_inputs(name, config, seed)
        inputs = {"input_ids": ids, "attention_mask": mask}
        if name in TYPED:
            inputs["token_type_ids"] = types
        labels = torch.tensor([i % config.num_labels for i in range(len(LENGTHS))])
        logits, loss, gradients = forward_backward(model, inputs, labels)
        batches = make_batches(generator(100 + seed), len(LENGTHS), BATCH_SIZE)
        save_expected({
            **inputs, "token_type_ids": types, "labels": labels, "logits": logits, "loss": loss,
            **{f"grad.{n}": g for n, g in gradients.items()},
            **adamw_run(model, inputs, labels, batches, LEARNING_RATE),
        }, directory / "expected.safetensors", __file__)


if __name__ == "__main__":
    main()
