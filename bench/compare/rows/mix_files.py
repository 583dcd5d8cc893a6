"""Mixing two checkpoints from file to file, against reading and writing the same bytes."""

import os
import statistics

from figures import Figure, Outcome, number

NAME = "mix"
TITLE = "Mixing from file to file"
RHO = 0.3
WEIGHTS = "model.safetensors"
# One run of a shell: both inputs read once, as many bytes written as one of them, and on the disk.
COPY = 'cat "$0" > /dev/null && dd if="$1" of="$2" bs=8M conv=fsync status=none'
MERGEKIT = """merge_method: dare_linear
base_model: {pretrained}
models:
  - model: {suspect}
    parameters: {{weight: 1.0, density: {rho}}}
parameters: {{normalize: false, rescale: false}}
dtype: float32
"""


def measure(context):
    pretrained, suspect = context.inputs.base_pair()
    config = context.work / "mergekit.yaml"
    config.write_text(MERGEKIT.format(pretrained=pretrained, suspect=suspect, rho=RHO))
    tool = context.mergekit()
    plain = context.baseline_mb()

    def finemix():
        return context.finemix("mix", "--pretrained", pretrained, "--backdoored", suspect, "--rho",
                               RHO, "--output", context.scratch("mixed"))

    def copy():
        return context.run(["sh", "-c", COPY, pretrained / WEIGHTS, suspect / WEIGHTS,
                            context.scratch("copied")])

    sides = {"finemix": finemix, "copy": copy}
    if tool:
        sides["mergekit"] = lambda: context.run(
            [tool, config, context.scratch("merged"), "--quiet", "--num-threads", context.threads])
    found = context.interleave(sides)
    times = {side: [done.seconds for done in runs] for side, runs in found.items()}
    peaks = {side: [done.peak_mb for done in runs] for side, runs in found.items()}
    outcome = Outcome()
    same = check(context, outcome, "finemix", context.work / "mixed")
    what = f"file → file mix, 2 × {number(os.path.getsize(suspect / WEIGHTS) / 1e6)} MB"
    outcome.figures += [
        Figure(what, "cat of both inputs + one write, fsync", times["finemix"], times["copy"],
               bar=("<=", 1.5), same=same),
        memory(peaks["finemix"], plain),
        Figure(what, "mergekit dare_linear, not rescaled", missing="mergekit is not installed")]
    if tool:
        alike = check(context, outcome, "mergekit", context.work / "merged")
        outcome.figures[-1] = Figure(what, "mergekit dare_linear, not rescaled", times["finemix"],
                                     times["mergekit"], same=same and alike)
        outcome.notes.append(f"mergekit's peak memory: {number(max(peaks['mergekit']))} MB.")
    return outcome


def memory(peaks, plain):
    """A bar in MB, not a ratio of two programs: extra memory over the 64 MB that it may be."""
    return Figure(f"… its memory beyond `finemix --version` ({number(plain)} MB)", "64 MB",
                  [statistics.median(peaks) - plain], [64.0], "MB", bar=("<=", 1.0))


def check(context, outcome, name, directory):
    """Every weight is one of the two, and ρ of them the suspect's, within 5 sigma."""
    pretrained, suspect = context.inputs.base_pair()
    found = context.peer("check_mix.py", pretrained, suspect, directory).json()
    share = found["kept"] / found["total"]
    allowed = 5 * (RHO * (1 - RHO) / found["total"]) ** 0.5
    outcome.notes.append(
        f"Agreement, {name}: {found['other']} of {found['total']:,} weights are neither the one "
        f"nor the other; {share:.6f} of them are the suspect's (asked for {RHO}, 5σ "
        f"{allowed:.1g}).")
    return found["other"] == 0 and abs(share - RHO) <= allowed
