"""The whole command, from start to written checkpoint, against a Python script that does so."""

import statistics

from figures import Figure, Outcome, same_rate

NAME = "purify"
TITLE = "Purifying, the whole command"
RHO, CLEAN = 0.4, 64
BEFORE = 0.005  # the same weights, evaluated in bf16 by two programs


def measure(context):
    outcome = Outcome()
    minilm = (context.inputs.model(), context.inputs.classifier())
    compare(context, outcome, "MiniLM", minilm, context.scaled(30, 1), context.scaled(1821, 64),
            context.rounds(), (">=", 4.0))
    compare(context, outcome, "BERT-base's size, random weights", context.inputs.base_pair(),
            context.scaled(2, 1), context.scaled(200, 32), 1, None)
    return outcome


def compare(context, outcome, model, pair, epochs, tests, rounds, bar):
    clean = context.inputs.sample("sst2/train", CLEAN, balanced=True)
    test = context.inputs.sample("sst2/test", tests)
    shared = ["--pretrained", pair[0], "--backdoored", pair[1], "--clean-data", clean,
              "--test-data", test, "--rho", RHO, "--epochs", epochs, "--learning-rate", "5e-5",
              "--batch-size", "16", "--threads", context.threads]
    accuracies = {}

    def side(name, run):
        def once():
            done = run()
            report = done.json()
            accuracies[name] = [report[when]["accuracy"] for when in ("before", "after")]
            return done.seconds, done.peak_mb
        return once

    # Evaluating in bf16 is what the peer does; E-PUR, which the peer lacks, is left out.
    samples = context.interleave({
        "finemix": side("finemix", lambda: context.run(
            [context.finemix_binary, "purify", *shared, "--method", "fine-mixing", "--clean-size",
             CLEAN, "--precision", "bf16", "--no-epur", "--output", context.scratch("purified"),
             "--json", "--quiet"])),
        "peer": side("peer", lambda: context.peer(
            "purify.py", *shared, "--output", context.scratch("purified-peer")))}, rounds)
    same = agree(outcome, model, accuracies["finemix"], accuracies["peer"])
    times, peaks = ({side: [sample[i] for sample in found] for side, found in samples.items()}
                    for i in (0, 1))
    what = f"purify, {CLEAN} examples, {epochs} epochs, {model}"
    outcome.figures += [
        Figure(what, "the same in Python: where(rand), bf16, fused AdamW", times["finemix"],
               times["peer"], bar=bar, same=same),
        Figure(f"… peak memory, {model}", "the same in Python",
               [statistics.median(peaks["finemix"])], [statistics.median(peaks["peer"])], "MB")]


def agree(outcome, model, ours, theirs):
    """Before: the same weights. After: other masks and other dropout, so chance has a part."""
    total = ours[0]["total"]
    values = [(a["value"], b["value"]) for a, b in zip(ours, theirs)]
    alike, allowed = same_rate(*values[1], total)
    outcome.notes.append(
        f"Agreement, {model}: accuracy before {values[0][0]:.1%} and {values[0][1]:.1%}, after "
        f"{values[1][0]:.1%} and {values[1][1]:.1%} (allowed to differ by {allowed:.1%}).")
    return abs(values[0][0] - values[0][1]) <= max(BEFORE, 2 / total) and alike
