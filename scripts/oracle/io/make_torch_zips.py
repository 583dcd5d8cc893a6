#!/usr/bin/env python3
"""State dicts as torch.save writes them, each beside the same values in safetensors.

Writes tests/data/io/torch_zip/; ../README.md says what the files are.
"""

import json
import shutil
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "model"))
from oracle import ROOT, set_up  # noqa: E402

OUTPUT = ROOT / "tests" / "data" / "io" / "torch_zip"
DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32,
          torch.int16, torch.int8, torch.uint8, torch.bool]


def numbers(count, dtype=torch.float32):
    """1, -2, 3 … as far as the dtype has them."""
    values = torch.arange(1, count + 1) * torch.tensor([1, -1]).repeat(count)[:count]
    return values.abs().to(dtype) if dtype == torch.uint8 else values.to(dtype)


def kinds():
    """Every kind of tensor that a state dict may hold."""
    tensors = OrderedDict((str(dtype).removeprefix("torch."), numbers(6, dtype).view(2, 3))
                          for dtype in DTYPES)
    tensors["bool"] = torch.tensor([True, False, True])
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.empty(0, 4)
    tensors["long"] = numbers(300, torch.int16)  # its size takes two bytes of the pickle
    tensors["tied"] = tensors["float32"]
    tensors["rows"] = tensors["float32"][1:]
    tensors["row"] = tensors["float32"][1]
    tensors["transposed"] = numbers(35).view(5, 7).t()
    tensors["permuted"] = numbers(2 * 3 * 4 * 5, torch.float16).view(2, 3, 4, 5).permute(2, 0, 3, 1)
    tensors["every_other"] = numbers(9)[1::2]
    tensors["column"] = torch.tensor([[True, False], [False, True], [True, True]])[:, 1]
    tensors["narrow"] = numbers(40, torch.float64).view(5, 8)[1:4, 2:5]
    tensors["parameter"] = torch.nn.Parameter(numbers(4))
    tensors["frozen"] = torch.nn.Parameter(numbers(5), requires_grad=False)
    tensors["with_state"] = torch.nn.Parameter(numbers(3))
    tensors["with_state"].note = "kept as _rebuild_parameter_with_state has it"
    tensors["größe.ß"] = numbers(1)
    tensors._metadata = OrderedDict({"": {"version": 1}, "layer": {"version": 2, "none": None}})
    return tensors


def save_twin(tensors, path):
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()},
              path)
    path.chmod(0o644)


def repack(source, target, folder, left_out):
    """As another writer of ZIP has it: sizes in the local headers, no zip64, an own folder."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            name = entry.filename.split("/", 1)[1]
            if name not in left_out:
                new.writestr(zipfile.ZipInfo(f"{folder}/{name}"), old.read(entry))


def write_model(directory):
    """A classifier in one file, in shards, and what save_pretrained makes of it."""
    torch.manual_seed(11)
    model = BertForSequenceClassification(BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=12, max_position_embeddings=8))
    for name in ("whole", "shards", "safetensors"):
        (directory / name).mkdir()
    model.save_pretrained(directory / "safetensors")
    (directory / "safetensors" / "model.safetensors").chmod(0o644)
    for name in ("whole", "shards"):
        shutil.copy(directory / "safetensors" / "config.json", directory / name)

    weights = model.state_dict()
    torch.save(weights, directory / "whole" / "pytorch_model.bin")
    split = split_torch_state_dict_into_shards(
        weights, filename_pattern="pytorch_model{suffix}.bin", max_shard_size=3000)
    for file, names in split.filename_to_tensors.items():
        # A clone each, as a shard would otherwise hold the storages of views whole.
        torch.save({name: weights[name].clone() for name in names}, directory / "shards" / file)
    index = {"metadata": split.metadata, "weight_map": split.tensor_to_filename}
    (directory / "shards" / "pytorch_model.bin.index.json").write_text(
        json.dumps(index, indent=2, sort_keys=True) + "\n")


def main():
    set_up()
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    tensors = kinds()
    torch.save(tensors, OUTPUT / "kinds.bin")
    save_twin(tensors, OUTPUT / "kinds.safetensors")
    # Before torch 2.1 there were neither of these.
    repack(OUTPUT / "kinds.bin", OUTPUT / "repacked.bin", "archive",
           {"byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"})
    torch.serialization.set_crc32_options(False)
    torch.save({"a": numbers(3)}, OUTPUT / "no_checksums.bin")
    torch.serialization.set_crc32_options(True)
    torch.save({"a": numbers(3)}, OUTPUT / "legacy.bin", _use_new_zipfile_serialization=False)
    write_model(OUTPUT)


if __name__ == "__main__":
    main()
