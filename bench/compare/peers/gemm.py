"""How fast torch.mm is at given shapes. Reads and prints JSON; see rows/roofline.py for the shapes.

Every shape is timed for its share of the whole, in `rounds` turns: {"m,k,n": [GFLOP/s, …]}.
"""

import argparse
import json
import time

import torch

SECONDS = 0.15  # for one shape in one round


def rate(m, k, n, dtype):
    a, b = torch.randn(m, k, dtype=dtype), torch.randn(k, n, dtype=dtype)
    out = torch.empty(m, n, dtype=dtype)
    torch.mm(a, b, out=out)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        torch.mm(a, b, out=out)
        count += 1
    return 2 * m * k * n * count / (time.perf_counter() - start) / 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", required=True, help="m,k,n m,k,n …")
    parser.add_argument("--dtype", choices=["bf16", "fp32"], required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[options.dtype]
    rates = {shape: [] for shape in options.shapes.split()}
    for _ in range(options.rounds):
        for shape, found in rates.items():
            found.append(rate(*map(int, shape.split(",")), dtype))
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
