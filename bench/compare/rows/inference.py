"""Classifying the test texts, against transformers sorted by length."""

import json
import statistics

from figures import Figure, Outcome
from process import KEEP_MEMORY

NAME = "infer"
TITLE = "Inference on the CPU"
SETTINGS = {
    "autocast": ["--precision", "autocast"],
    "bf16 weights": ["--precision", "bf16"],
    "bf16 weights, batches of 64": ["--precision", "bf16", "--batch-size", "64"],
    "bf16 weights, torch.compile": ["--precision", "bf16", "--compile"],
}
# Largest difference of a logit that rounding explains, as a share of the largest logit. Rounding to
# bf16's 8 bits moved transformers' own logits by 2 % of it, so two programs may be that far apart,
# and further, in the worst of many texts.
TOLERANCE = {"fp32": 1e-4, "bf16": 0.06}
ACCURACY = 0.005  # two precisions of one model


def measure(context):
    inputs = context.inputs
    outcome = Outcome()
    model = inputs.classifier()
    data = inputs.sample("sst2/test", context.scaled(1821, 128))
    times, told = context.try_settings(
        list(SETTINGS)[:context.scaled(len(SETTINGS), 2)],
        lambda name: theirs(context, model, data, SETTINGS[name])["seconds"])
    best = min(times, key=times.get)
    outcome.raw["settings"] = times
    outcome.notes.append(f"transformers' seconds with each bf16 setting, once each: {told}. "
                         f"Measured against: {best}.")

    samples = context.interleave({
        "finemix bf16": lambda: ours(context, model, data, "bf16"),
        "peer bf16": lambda: theirs(context, model, data, SETTINGS[best])["seconds"],
        "finemix fp32": lambda: ours(context, model, data, "fp32"),
        "peer fp32": lambda: theirs(context, model, data, [], "fp32")["seconds"]})
    theirs(context, model, data, SETTINGS[best], "bf16")
    fastest = min(("bf16", "fp32"), key=lambda name: statistics.median(samples[f"peer {name}"]))
    for precision in ("bf16", "fp32"):
        bar = (">=", 1.5) if precision == fastest else None
        outcome.figures.append(Figure(
            f"inference, SST-2 test, MiniLM, {precision}",
            f"transformers, {precision}, sorted by length", samples[f"finemix {precision}"],
            samples[f"peer {precision}"], bar=bar, same=agree(context, precision, data, outcome)))
    return outcome


def ours(context, model, data, precision):
    predictions = context.work / f"predictions-{precision}.jsonl"
    return context.finemix("eval", "--model", model, "--data", data, "--precision", precision,
                           "--predictions", predictions, "--overwrite", "--json").json()["seconds"]


def theirs(context, model, data, words, name="trial"):
    return context.peer("infer.py", "--model", model, "--data", data, "--threads", context.threads,
                        "--logits", context.work / f"logits-{name}.json", *words,
                        environment=KEEP_MEMORY).json()


def agree(context, precision, data, outcome):
    """The logits of every text, and the accuracies."""
    with open(context.work / f"predictions-{precision}.jsonl", encoding="utf-8") as file:
        ours = [json.loads(line)["logits"] for line in file]
    theirs = json.loads((context.work / f"logits-{precision}.json").read_text())
    with open(data, encoding="utf-8", newline="\n") as file:
        labels = [int(line.rstrip("\n").rsplit("\t", 1)[1]) for line in file.readlines()[1:]]
    if not len(ours) == len(theirs) == len(labels):
        outcome.notes.append(f"{precision}: {len(ours)} and {len(theirs)} rows of {len(labels)}.")
        return False
    worst = max(abs(a - b) for x, y in zip(ours, theirs) for a, b in zip(x, y))
    allowed = TOLERANCE[precision] * max(abs(a) for row in theirs for a in row)
    right = [sum(max(range(len(row)), key=row.__getitem__) == label
                 for row, label in zip(rows, labels)) for rows in (ours, theirs)]
    outcome.notes.append(
        f"Agreement, {precision}: of {len(labels):,} texts {right[0]:,} and {right[1]:,} right; "
        f"largest difference of a logit {worst:.2g} (allowed: {allowed:.2g}).")
    return worst <= allowed and abs(right[0] - right[1]) <= ACCURACY * len(labels)
