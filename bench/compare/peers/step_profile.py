"""Where a step of the transformers loop goes, by torch.profiler. Prints one JSON object.

Self time of every operator, summed by what it is for; the profiler's own cost is left out by
scaling the sum to the time of the same steps without it.
"""

import argparse
import json
import re
import time

import torch
from recipe import epochs_of, load, make_optimizer, pad, quiet, read_dataset, step, tokenize

WARM_UP = 3
KINDS = [  # the first that matches an operator's name
    ("GEMM", r"addmm|aten::mm$|linear|mkldnn_convolution"),
    ("attention's products", r"aten::(baddbmm|bmm)|scaled_dot_product|flash_attention"),
    ("dropout masks (bernoulli)", r"bernoulli|dropout"),
    ("AdamW", r"adamw|Optimizer\.step"),
    ("clipping the gradient", r"norm(_except_dim)?$|_foreach_(norm|mul)|linalg_vector_norm|clip"),
    ("zeroing gradients", r"zero_?$|zeros|zero_grad"),
    ("LayerNorm", r"layer_norm"),
    ("GELU", r"gelu"),
    ("softmax", r"softmax"),
    ("casts and copies", r"_to_copy|copy_|aten::to$|contiguous|clone|cat$"),
    ("embeddings", r"embedding|index_select|index_add"),
    ("adding, multiplying, summing", r"aten::(add_?|mul_?|sum|div_?|sub|masked_fill)"),
]


def kind(name):
    return next((what for what, pattern in KINDS if re.search(pattern, name)), "others")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pretrained", required=True, metavar="DIR")
    parser.add_argument("--data", required=True, metavar="FILE")
    parser.add_argument("--attention", default="sdpa", choices=["sdpa", "eager"])
    parser.add_argument("--bf16", action="store_true", help="autocast, for a CPU that has it")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    quiet(options.threads)
    texts, labels = read_dataset(options.data)
    tokenizer, model = load(options.pretrained, 2, options.attention)
    encoded = tokenize(tokenizer, texts, 128)
    labels = torch.tensor(labels)
    lengths = [len(ids) for ids in encoded["input_ids"]]
    batches = epochs_of(lengths, options.batch_size, 1)
    optimizer, schedule = make_optimizer(model, 5e-5, 0, 1000, fused=True)
    model.train()

    def steps(chosen):
        start = time.perf_counter()
        for rows in chosen:
            step(model, pad(tokenizer, encoded, rows), labels[rows], optimizer, schedule,
                 options.bf16)
        return (time.perf_counter() - start) / len(chosen)

    steps(batches[:WARM_UP])
    seconds = steps(batches)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        steps(batches)
    spent = {}
    for event in profile.key_averages():
        spent[kind(event.key)] = spent.get(kind(event.key), 0) + event.self_cpu_time_total
    scale = 1e3 * seconds / sum(spent.values())
    parts = sorted(((name, scale * time) for name, time in spent.items()), key=lambda x: -x[1])
    print(json.dumps({"texts": options.batch_size, "tokens": sum(lengths) / len(batches),
                      "step_ms": 1e3 * seconds,
                      "parts": [{"name": name, "ms": ms} for name, ms in parts]}))


if __name__ == "__main__":
    main()
