#!/usr/bin/env python3
"""Merges two real checkpoints of one architecture with finemix and with mergekit, and compares.

check_merges.py FINEMIX BASE SUSPECT [RHO]: FINEMIX is the program, BASE and SUSPECT are directories
of a classifier that mergekit can read too. `weight-average` and `ties` must give the same values;
the masks of `random` and of mergekit's dare_linear without rescaling are drawn by different
generators, so their share in each tensor must lie within binomial bounds, and each weight must be
one of the two it can be. The classifier head is left out: finemix keeps the suspect's.
"""

import math
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file

from make_merges import merge

# finemix's name and make_merges' name of mergekit's recipe.
DRAWN = {"random": "dare"}
TOLERANCE = 1e-6
DEVIATIONS = 6  # of a binomial share, over some hundred tensors


def mix(program, select, base, suspect, rho, output):
    subprocess.run([program, "mix", "--pretrained", base, "--backdoored", suspect, "--rho",
                    str(rho), "--select", select, "--output", output, "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    return load_file(output / "model.safetensors")


def backbone(tensors):
    return {name: value for name, value in tensors.items() if not name.startswith("classifier.")}


def same(name, found, wanted):
    """How far two merges of a tensor are apart at most."""
    difference = (found - wanted).abs()
    assert bool(torch.isfinite(difference).all()), name
    return difference


def check_average(name, found, wanted, base, suspect):
    difference = same(name, found, wanted)
    assert float(difference.max()) <= TOLERANCE, name
    return 0, float(difference.max())


def check_ties(name, found, wanted, base, suspect):
    """Of weights of one |delta| at the limit, either side may keep others; all else is the same."""
    difference = same(name, found, wanted)
    apart = difference > TOLERANCE
    if apart.any():
        delta = (suspect - base).abs()
        ours, theirs = ((mixed - suspect).abs() < (mixed - base).abs() for mixed in (found, wanted))
        limit = delta[ours].min()
        assert bool((delta[apart] == limit).all()), name
        assert int(ours.sum()) == int(theirs.sum()), name
        for mixed, kept in ((found, ours), (wanted, theirs)):
            assert torch.allclose(mixed, torch.where(kept, suspect, base), rtol=0, atol=TOLERANCE)
    return int(apart.sum()), float(difference[~apart].max())


def check_drawn(name, mixed, base, suspect, rho, worst):
    differ = base != suspect
    size = int(differ.sum())
    assert torch.equal(mixed[~differ], base[~differ]), name
    # Adding a delta to the base rounds.
    kept = (mixed - suspect).abs() < (mixed - base).abs()
    nearest = torch.where(kept, suspect, base)
    assert torch.allclose(mixed, nearest, rtol=1e-6, atol=1e-7), name
    if size == 0:
        return worst
    share = int((kept & differ).sum()) / size
    deviation = math.sqrt(rho * (1 - rho) / size)
    return max(worst, abs(share - rho) / deviation)


def main():
    program, base_path, suspect_path = sys.argv[1:4]
    rho = float(sys.argv[4]) if len(sys.argv) > 4 else 0.3
    base, suspect = (backbone(load_file(Path(path) / "model.safetensors"))
                     for path in (base_path, suspect_path))
    if not 0 < rho < 1:
        sys.exit("RHO has to be between 0 and 1")
    weights = sum(value.numel() for value in base.values())
    print(f"{len(base)} tensors, {weights:,} weights, rho {rho}")
    failed = False
    with tempfile.TemporaryDirectory() as path:
        directory = Path(path)
        for ours, theirs, check in (("weight-average", "linear", check_average),
                                    ("ties", "ties", check_ties)):
            found = mix(program, ours, base_path, suspect_path, rho, directory / f"finemix-{ours}")
            wanted = merge(theirs, base_path, suspect_path, directory, rho)
            results = [check(name, found[name], wanted[name], base[name], suspect[name])
                       for name in base]
            print(f"{ours} against mergekit's {theirs}: the same within "
                  f"{max(far for _, far in results):.1e}, but for "
                  f"{sum(apart for apart, _ in results)} weights where the limit falls among "
                  "several of one |delta|")
        for ours, theirs in DRAWN.items():
            found = mix(program, ours, base_path, suspect_path, rho, directory / f"finemix-{ours}")
            wanted = merge(theirs, base_path, suspect_path, directory, rho)
            for who, mixed in (("finemix " + ours, found), ("mergekit " + theirs, wanted)):
                worst = 0.0
                for name in base:
                    worst = check_drawn(name, mixed[name], base[name], suspect[name], rho, worst)
                print(f"{who}: each weight is one of the two; the kept share of a tensor is at most "
                      f"{worst:.1f} binomial deviations from {rho}")
                failed |= worst > DEVIATIONS
    sys.exit(failed)


if __name__ == "__main__":
    main()
