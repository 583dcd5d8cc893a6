#!/usr/bin/env python3
"""Compares what finemix and torch.load read from broken files of torch.save.

    compare_torch.py BASE_TESTS [COUNT]

BASE_TESTS is the program finemix_base_tests, which makes COUNT (20,000) mutants. Those that finemix
accepts go to torch.load(weights_only=True), which runs no code of a file either. Fails when both
read one and differ in a name, a dtype, a shape or a byte, and lists what torch says of those that
it refuses.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file


def same(mine, its):
    return (list(mine) == sorted(its) and
            all(mine[name].dtype == its[name].dtype and mine[name].shape == its[name].shape and
                torch.equal(mine[name].contiguous().view(-1).view(torch.uint8),
                            its[name].detach().contiguous().view(-1).view(torch.uint8))
                for name in mine))


def main():
    count = sys.argv[2] if len(sys.argv) > 2 else "20000"
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.argv[1], "--gtest_filter=TorchZipMutants.EachOpensOrIsRefused"],
                       check=True, stdout=subprocess.DEVNULL,
                       env=os.environ | {"FINEMIX_ACCEPTED": directory, "FINEMIX_MUTANTS": count})
        refused, differ, files = collections.Counter(), [], sorted(Path(directory).glob("*.bin"))
        for file in files:
            mine = load_file(file.with_suffix(".safetensors"))
            try:
                its = torch.load(file, weights_only=True)
            except Exception as error:
                refused[re.sub(r"\d+", "N", str(error).split("\n")[0])[:100]] += 1
                continue
            if not same(dict(sorted(mine.items())), its):
                differ.append((file.name, mine, its))
    print(f"{count} mutants: {len(files)} accepted by finemix, of which torch.load reads "
          f"{len(files) - refused.total() - len(differ)} alike, {len(differ)} otherwise, "
          f"and refuses {refused.total()}")
    for message, times in refused.most_common():
        print(f"{times:6}  {message}")
    for name, mine, its in differ[:10]:
        print("DIFFERS", name, mine, its)
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()
