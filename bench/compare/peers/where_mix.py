"""Mixing by torch.where(rand < ρ), and torch.lerp as one pass over the same memory, in turn."""

import argparse
import json
import statistics
import time

import torch

RHO = 0.4


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=int, default=110_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pretrained, suspect = torch.zeros(options.weights), torch.ones(options.weights)
    out = torch.empty(options.weights)

    def where():
        torch.where(torch.rand(options.weights) < RHO, suspect, pretrained, out=out)

    def lerp():
        torch.lerp(pretrained, suspect, RHO, out=out)

    times = {"lerp": [], "where": []}
    for _ in range(options.rounds):
        times["lerp"].append(seconds(lerp))
        times["where"].append(seconds(where))
    print(json.dumps({name: statistics.median(found) for name, found in times.items()}
                     | {"rho": RHO, "kept": out.double().mean().item()}))


if __name__ == "__main__":
    main()
