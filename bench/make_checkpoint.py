#!/usr/bin/env python3
"""Makes a synthetic BERT classifier checkpoint of a wanted size, to measure finemix with.

    bench/make_checkpoint.py OUT --layers 12 --hidden 768              # 110 M weights
    bench/make_checkpoint.py OUT --layers 39 --hidden 2048 --shard-mb 2000 --dtype BF16

The weights are small and repeat after a few megabytes; --seed gives others, so that two checkpoints
of one shape are a suspect and its pre-trained model. --sparse leaves all of them zero and takes no
space on disk. Needs nothing but Python.
"""

import argparse
import array
import json
import os
import random
import struct

import checkpoint_files

WIDTHS = {"F32": 4, "F16": 2, "BF16": 2}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def tensors(config, labels):
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    yield "bert.embeddings.word_embeddings.weight", [config["vocab_size"], hidden]
    yield "bert.embeddings.position_embeddings.weight", [config["max_position_embeddings"], hidden]
    yield "bert.embeddings.token_type_embeddings.weight", [config["type_vocab_size"], hidden]

    def linear(name, rows, columns):
        yield name + ".weight", [rows, columns]
        yield name + ".bias", [rows]

    def norm(name):
        yield name + ".weight", [hidden]
        yield name + ".bias", [hidden]

    yield from norm("bert.embeddings.LayerNorm")
    for i in range(config["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{i}."
        for part in ("attention.self.query", "attention.self.key", "attention.self.value",
                     "attention.output.dense"):
            yield from linear(layer + part, hidden, hidden)
        yield from norm(layer + "attention.output.LayerNorm")
        yield from linear(layer + "intermediate.dense", inner, hidden)
        yield from linear(layer + "output.dense", hidden, inner)
        yield from norm(layer + "output.LayerNorm")
    yield from linear("bert.pooler.dense", hidden, hidden)
    if labels:
        yield from linear("classifier", labels, hidden)


def shards(all_tensors, width, limit):
    shard, size = [], 0
    for name, shape in all_tensors:
        count = width
        for dimension in shape:
            count *= dimension
        if shard and limit and size + count > limit:
            yield shard
            shard, size = [], 0
        shard.append((name, shape, count))
        size += count
    yield shard


def block_of_values(dtype, seed, elements=1 << 20):
    draw = random.Random(seed).gauss
    values = array.array("f", (draw(0, 0.05) for _ in range(elements)))
    if dtype == "F32":
        return values.tobytes()
    if dtype == "F16":
        return struct.pack(f"<{elements}e", *values)
    halves = array.array("H", values.tobytes())
    return halves[1::2].tobytes()  # the upper ones, on a little-endian machine


def write_shard(path, shard, dtype, block):
    size = sum(count for _, _, count in shard)
    with open(path, "wb") as file:
        file.write(checkpoint_files.header(shard, dtype, {"format": "pt"}))
        if block is None:
            file.truncate(file.tell() + size)
            return
        while size > 0:
            file.write(block[:size])
            size -= min(len(block), size)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--vocabulary", type=int, default=30522)
    parser.add_argument("--labels", type=int, default=2, help="0: no classifier")
    parser.add_argument("--dtype", choices=WIDTHS, default="F32")
    parser.add_argument("--shard-mb", type=int, default=0, help="0: one file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sparse", action="store_true")
    options = parser.parse_args()

    config = {
        "architectures": ["BertForSequenceClassification"], "model_type": "bert",
        "hidden_size": options.hidden, "num_hidden_layers": options.layers,
        "num_attention_heads": options.hidden // 64, "intermediate_size": 4 * options.hidden,
        "vocab_size": options.vocabulary, "max_position_embeddings": 512, "type_vocab_size": 2,
        "hidden_act": "gelu", "layer_norm_eps": 1e-12, "initializer_range": 0.02,
        "id2label": {str(i): f"LABEL_{i}" for i in range(max(options.labels, 2))},
    }
    os.makedirs(options.out)
    with open(os.path.join(options.out, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
    words = SPECIAL + [f"w{i}" for i in range(options.vocabulary - len(SPECIAL))]
    with open(os.path.join(options.out, "vocab.txt"), "w") as file:
        file.write("\n".join(words) + "\n")
    with open(os.path.join(options.out, "tokenizer_config.json"), "w") as file:
        json.dump({"do_lower_case": True, "tokenizer_class": "BertTokenizer"}, file)

    block = None if options.sparse else block_of_values(options.dtype, options.seed)
    parts = list(shards(tensors(config, options.labels), WIDTHS[options.dtype],
                        options.shard_mb * 1_000_000))
    weight_map = {}
    for i, shard in enumerate(parts):
        name = "model.safetensors"
        if options.shard_mb:
            name = f"model-{i + 1:05}-of-{len(parts):05}.safetensors"
        write_shard(os.path.join(options.out, name), shard, options.dtype, block)
        weight_map.update({tensor: name for tensor, _, _ in shard})
    if options.shard_mb:
        total = sum(count for shard in parts for _, _, count in shard)
        with open(os.path.join(options.out, "model.safetensors.index.json"), "w") as file:
            json.dump({"metadata": {"total_size": total}, "weight_map": weight_map}, file, indent=2)


if __name__ == "__main__":
    main()
