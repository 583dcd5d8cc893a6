"""A checkpoint's files, as the scripts here read, change and write them."""

import array
import json
import shutil
import struct
import sys


NOT_THE_MODELS = ("manifest.json", "attack.json")  # what a copy is not described by


def read_fp32(path):
    """{name: (shape, values)} of the encoder and the classifier in an fp32 model.safetensors."""
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


def header(entries, dtype, metadata=None):
    """What stands before the values of (name, shape, bytes), which follow each other in this order."""
    described, offset = {}, 0
    if metadata:
        described["__metadata__"] = metadata
    for name, shape, size in entries:
        described[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(described).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def write_fp32(path, tensors):
    with path.open("wb") as file:
        file.write(header(((name, shape, 4 * len(values)) for name, (shape, values) in tensors.items()), "F32"))
        for _, values in tensors.values():
            values.tofile(file)


def copy_others(source, target, changed):
    """A new directory with the source's files but those that are changed."""
    target.mkdir(parents=True)
    for file in source.iterdir():
        if file.is_file() and file.name not in (*changed, *NOT_THE_MODELS):
            shutil.copy(file, target)
