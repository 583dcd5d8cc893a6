"""How time and memory grow: with the examples, with the texts' length, with the checkpoint."""

import shutil
import statistics
import sys

from figures import Outcome, number
from process import NotMeasured

NAME = "growth"
TITLE = "Growth"
# 64,000 texts of SST-2 as they are take minutes of machine time; cut to 8 pieces they grow alike.
PIECES = 8
EXAMPLES, FEW_EXAMPLES = (64, 640, 6_400, 64_000), (32, 64)
LENGTHS, FEW_LENGTHS = (16, 32, 64, 128, 256, 512), (16, 64)
TOKENS = 4096  # in a step, whatever the length
GIGABYTES, FEW_GIGABYTES = (0.15, 0.5, 1, 4, 16), (0.15,)
RHO = 0.3
# Both checkpoints read once, as many bytes written as one of them has, and on the disk.
COPY = """cat "$0"/*.safetensors > /dev/null && mkdir -p "$2" && for file in "$1"/*.safetensors; do
dd if="$file" of="$2/${file##*/}" bs=8M conv=fsync status=none || exit; done"""


def measure(context):
    outcome = Outcome()
    for part in (examples, lengths, checkpoints):
        try:
            part(context, outcome)
        except NotMeasured as reason:
            outcome.notes.append(f"{part.__doc__} Not measured: {reason}.")
    return outcome


def train(context, data, batch_size, max_length):
    """Seconds of the steps alone, and the peak memory of the process."""
    done = context.finemix("train", "--pretrained", context.inputs.model(), "--data", data,
                           "--output", context.scratch("trained"), "--epochs", 1, "--batch-size",
                           batch_size, "--max-length", max_length, "--json")
    return done.json(), done.peak_mb


def examples(context, outcome):
    """Training time against the number of examples."""
    points = []
    for count in context.scaled(EXAMPLES, FEW_EXAMPLES):
        found, peak = train(context, context.inputs.sample("sst2/train", count), 32, PIECES)
        points.append((count, found["seconds"], peak))
        context.say(f"{count} examples: {found['seconds']:.2f} s, {peak:.0f} MB")
    add(outcome, f"Training, one epoch of SST-2 cut to {PIECES} pieces, MiniLM", "examples", points,
        "training-examples.svg")


def lengths(context, outcome):
    """Training time against the length of the texts."""
    points = []
    steps = context.scaled(6, 1)
    for pieces in context.scaled(LENGTHS, FEW_LENGTHS):
        batch = TOKENS // pieces
        found, peak = train(context, context.inputs.of_length(pieces, batch * steps), batch, pieces)
        points.append((pieces, found["seconds"] / found["steps"], peak))
        context.say(f"{pieces} pieces: {points[-1][1]:.3f} s a step, {peak:.0f} MB")
    add(outcome, f"A training step of {TOKENS:,} tokens, MiniLM", "pieces a text", points,
        "training-length.svg", flat=True)


def checkpoints(context, outcome):
    """Mixing time against the size of the checkpoints."""
    maker = context.root / "bench" / "make_checkpoint.py"
    if not maker.is_file():
        raise NotMeasured("there is no bench/make_checkpoint.py")
    plain = context.baseline_mb()
    points = []
    for size in context.scaled(GIGABYTES, FEW_GIGABYTES):
        needed = 3.2 * size * 1e9
        if context.inputs.free_bytes() < needed:
            outcome.notes.append(f"{size} GB: not measured, {needed / 1e9:.0f} GB of disk needed.")
            continue
        try:
            points.append((size, *mix(context, maker, size)))
        except NotMeasured as reason:
            outcome.notes.append(f"{size} GB: not measured: {reason}.")
    if points:
        add(outcome, "Mixing from file to file", "GB of a checkpoint", points, "mixing-size.svg")
        outcome.notes.append(f"`finemix --version` takes {number(plain)} MB by itself.")


def shape_of(gigabytes):
    """Arguments that make a checkpoint of about this size: BERT-base's width, or a wider one where
    that would take more layers than a model may have.

    A layer has about 12 · width² weights, the embeddings 31,000 · width, of four bytes each.
    """
    width = 768 if gigabytes <= 4 else 2048
    layers = (gigabytes * 1e9 / 4 - 31e3 * width) / (12 * width**2)
    return ["--hidden", width, "--layers", max(1, round(layers))]


def mix(context, maker, size):
    """Median seconds of the whole command, its peak memory, and the median of a copy's seconds;
    what they need is removed again."""
    pair = [context.scratch(name) for name in ("grown-pretrained", "grown-suspect")]

    def into(name, run):
        def once():
            done = run(context.scratch(name))
            shutil.rmtree(context.work / name)
            return done
        return once

    try:
        for seed, directory in enumerate(pair):
            context.run([sys.executable, maker, directory, *shape_of(size), "--shard-mb",
                         0 if size <= 4 else 4096, "--seed", seed])
        found = context.interleave({
            "finemix": into("grown-mixed", lambda to: context.finemix(
                "mix", "--pretrained", pair[0], "--backdoored", pair[1], "--rho", RHO, "--output",
                to)),
            "copy": into("grown-copy", lambda to: context.run(["sh", "-c", COPY, *pair, to]))},
            context.rounds(3 if size <= 1 else 1))
    finally:
        for directory in (*pair, context.work / "grown-mixed", context.work / "grown-copy"):
            shutil.rmtree(directory, ignore_errors=True)
    seconds, copying = (statistics.median(done.seconds for done in found[side])
                        for side in ("finemix", "copy"))
    context.say(f"{size} GB: {seconds:.2f} s, a copy {copying:.2f} s")
    return seconds, max(done.peak_mb for done in found["finemix"]), copying


def add(outcome, title, unit, points, file, flat=False):
    """A table with the time over that of the step before, and a plot with its guide line.

    A point is the size, seconds, the peak memory and, where there is one, a copy's seconds.
    """
    rows = []
    header = [unit, "seconds", "growth of size → of time", "peak MB"]
    if len(points[0]) > 3:
        header += ["a copy, seconds", "over a copy"]
    for index, (x, seconds, peak, *copying) in enumerate(points):
        before = points[index - 1] if index else None
        growth = f"{x / before[0]:.3g}× → {seconds / before[1]:.3g}×" if before else "–"
        rows.append([number(x) if x < 1 else f"{x:,}", number(seconds), growth, number(peak),
                     *(cell for copied in copying
                       for cell in (number(copied), f"{seconds / copied:.2f}"))])
    outcome.tables.append({"title": title, "header": header, "rows": rows})
    outcome.plots.append({"file": file, "title": title, "x": unit, "y": "seconds",
                          "points": [[point[0], point[1]] for point in points], "flat": flat})
