"""The whole command, from start to written checkpoint, against a Python script that does so."""

import statistics

from figures import Figure, Outcome, same_rate
from process import KEEP_MEMORY

NAME = "purify"
TITLE = "Purifying, the whole command"
RHO, CLEAN = 0.4, 64
BEFORE = 0.005  # the same weights, evaluated by two programs
SETTINGS = {
    "bf16, sdpa": ["--bf16"],
    "bf16, eager attention": ["--bf16", "--attention", "eager"],
    "fp32, sdpa": [],
    "fp32, eager attention": ["--attention", "eager"],
}
TRAINER = "transformers' Trainer, fp32"


def measure(context):
    outcome = Outcome()
    minilm = (context.inputs.model(), context.inputs.classifier())
    precision = context.precision
    best = best_setting(context, outcome, minilm)
    outcome.notes.append(f"finemix trained and evaluated in {precision}.")
    compare(context, outcome, "MiniLM", minilm, context.scaled(30, 1), context.scaled(1821, 64),
            context.rounds(), precision, [best, TRAINER], (">=", 4.0))
    compare(context, outcome, "BERT-base's size, random weights", context.inputs.base_pair(),
            context.scaled(2, 1), context.scaled(200, 32), 1, precision, [best], None)
    return outcome


def shared(context, pair, epochs, tests):
    """The arguments of both sides."""
    inputs = context.inputs
    return ["--pretrained", pair[0], "--backdoored", pair[1], "--clean-data",
            inputs.sample("sst2/train", CLEAN, balanced=True), "--test-data",
            inputs.sample("sst2/test", tests), "--rho", RHO, "--epochs", epochs,
            "--learning-rate", "5e-5", "--batch-size", "16", "--threads", context.threads]


def peer(context, words, setting):
    choice = ["--trainer"] if setting == TRAINER else SETTINGS[setting]
    return context.peer("purify.py", *words, *choice, "--output",
                        context.scratch("purified-peer"), environment=KEEP_MEMORY)


def best_setting(context, outcome, pair):
    """The peer's fastest setting, by a shorter run of each."""
    words = shared(context, pair, context.scaled(6, 1), context.scaled(400, 32))
    times, told = context.try_settings(SETTINGS, lambda name: peer(context, words, name).seconds)
    best = min(times, key=times.get)
    outcome.raw["settings"] = times
    outcome.notes.append(
        f"The script's seconds with each setting, with fewer epochs and test texts, once each: "
        f"{told}. Measured against: {best}.")
    return best


def compare(context, outcome, model, pair, epochs, tests, rounds, precision, settings, bar):
    words = shared(context, pair, epochs, tests)
    accuracies = {}

    def side(name, run):
        def once():
            done = run()
            report = done.json()
            accuracies[name] = [report[when]["accuracy"] for when in ("before", "after")]
            return done.seconds, done.peak_mb
        return once

    # The peer evaluates in the precision that it trains in; E-PUR, which it lacks, is left out.
    sides = {"finemix": side("finemix", lambda: context.run(
        [context.finemix_binary, "purify", *words, "--method", "fine-mixing", "--clean-size", CLEAN,
         "--precision", precision, "--no-epur", "--output", context.scratch("purified"), "--json",
         "--quiet"]))}
    for setting in settings:
        sides[setting] = side(setting, lambda setting=setting: peer(context, words, setting))
    samples = context.interleave(sides, rounds)
    times, peaks = ({side: [sample[i] for sample in found] for side, found in samples.items()}
                    for i in (0, 1))
    what = f"purify, {CLEAN} examples, {epochs} epochs, {model}"
    for setting in settings:
        same = agree(outcome, f"{model}, {setting}", accuracies["finemix"], accuracies[setting])
        outcome.figures.append(Figure(
            what, f"the same in Python: where(rand), {described(setting)}", times["finemix"],
            times[setting], bar=bar, same=same))
    outcome.figures.append(Figure(
        f"… peak memory, {model}", "the same in Python", [statistics.median(peaks["finemix"])],
        [statistics.median(peaks[settings[0]])], "MB"))


def described(setting):
    return setting if setting == TRAINER else f"fused AdamW, by length, {setting}"


def agree(outcome, model, ours, theirs):
    """Before: the same weights. After: other masks and other dropout, so chance has a part."""
    total = ours[0]["total"]
    values = [(a["value"], b["value"]) for a, b in zip(ours, theirs)]
    alike, allowed = same_rate(*values[1], total)
    outcome.notes.append(
        f"Agreement, {model}: accuracy before {values[0][0]:.1%} and {values[0][1]:.1%}, after "
        f"{values[1][0]:.1%} and {values[1][1]:.1%} (allowed to differ by {allowed:.1%}).")
    return abs(values[0][0] - values[0][1]) <= max(BEFORE, 2 / total) and alike
