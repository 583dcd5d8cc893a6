"""Weights of an fp32 model.safetensors, to be changed and written as another model's."""

import array
import json
import struct
import sys


def read(path):
    """{name: (shape, values)} of an encoder and its classifier."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, at in json.loads(data[8:8 + size]).items():
        if name == "__metadata__" or name.endswith("position_ids"):
            continue
        if at["dtype"] != "F32" or name.startswith("cls."):
            sys.exit(f"{path}: {name} is no fp32 weight of an encoder and a classifier")
        begin, end = (8 + size + offset for offset in at["data_offsets"])
        tensors[name] = (at["shape"], array.array("f", data[begin:end]))
    return tensors


def write(path, tensors):
    header, offset = {}, 0
    for name, (shape, values) in tensors.items():
        end = offset + 4 * len(values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, values in tensors.values():
            values.tofile(file)
