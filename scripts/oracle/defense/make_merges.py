#!/usr/bin/env python3
"""What mergekit makes of a tiny pre-trained BERT and one fine-tuned from it.

Writes tests/data/defense/merges.safetensors; ../README.md names what is in it.
"""

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import torch
import yaml
from safetensors.torch import load_file
from transformers import BertConfig, BertForSequenceClassification

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "model"))
from oracle import generator, normal, save_expected, set_up  # noqa: E402

OUTPUT = Path(__file__).resolve().parents[3] / "tests" / "data" / "defense"
RHO = 0.3

# Parameters as mergekit calls them, less the density: with one model beside the base, its weight
# is 1.
RECIPES = {
    "ties": ("ties", {"weight": 1.0}, {}),
    "dare": ("dare_linear", {"weight": 1.0}, {"rescale": False}),
    "dare_rescaled": ("dare_linear", {"weight": 1.0}, {"rescale": True}),
}


def make_model(seed, near=None):
    model = BertForSequenceClassification(BertConfig(
        vocab_size=60, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=40, max_position_embeddings=12, num_labels=2))
    rng = generator(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if near is None:
                parameter.copy_(normal(rng, parameter.shape, 0.2))
            else:
                parameter.copy_(near.state_dict()[name] + normal(rng, parameter.shape, 0.02))
    return model


def recipe(name, base, suspect, rho=RHO):
    if name == "linear":
        models = [(base, {"weight": 1 - rho}), (suspect, {"weight": rho})]
        return {"merge_method": "linear", "models": entries(models)}
    method, parameters, general = RECIPES[name]
    parameters = {**parameters, "density": rho}
    return {"merge_method": method, "base_model": str(base), "parameters": general,
            "models": entries([(suspect, parameters)])}


def entries(models):
    return [{"model": str(model), "parameters": parameters} for model, parameters in models]


def merge(name, base, suspect, directory, rho=RHO):
    config = directory / f"{name}.yaml"
    config.write_text(yaml.safe_dump({**recipe(name, base, suspect, rho), "dtype": "float32"}))
    output = directory / name
    command = Path(sys.executable).with_name("mergekit-yaml")
    subprocess.run([command, config, output, "--random-seed", "1", "--no-copy-tokenizer"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return load_file(output / "model.safetensors")


def main():
    set_up()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as path:
        directory = Path(path)
        base, suspect = directory / "base", directory / "suspect"
        model = make_model(1)
        model.save_pretrained(base)
        make_model(2, near=model).save_pretrained(suspect)
        found = {"pretrained": load_file(base / "model.safetensors"),
                 "suspect": load_file(suspect / "model.safetensors")}
        for name in ("linear", *RECIPES):
            found[name] = merge(name, base, suspect, directory)
    save_expected({f"{kind}.{name}": tensor for kind, tensors in found.items()
                   for name, tensor in tensors.items() if name.startswith("bert.")},
                  OUTPUT / "merges.safetensors", __file__, f"mergekit {version('mergekit')}")


if __name__ == "__main__":
    main()
