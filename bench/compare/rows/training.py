"""Fine-tuning on real text, against a transformers loop at its best and against its Trainer."""

import statistics

from figures import Figure, Outcome, number, same_rate
from process import KEEP_MEMORY

NAME = "train"
TITLE = "Fine-tuning on the CPU"
LOSS_DIFFERENCE = 0.03  # of the mean loss of an epoch; other seeds of one program differ by 0.01

SETTINGS = {
    "bf16, sdpa": (["--bf16"], {}),
    "bf16, sdpa, malloc that keeps its memory": (["--bf16"], KEEP_MEMORY),
    "bf16, eager attention": (["--bf16", "--attention", "eager"], {}),
    "bf16, eager attention, malloc that keeps its memory":
        (["--bf16", "--attention", "eager"], KEEP_MEMORY),
    "bf16, torch.compile": (["--bf16", "--compile"], KEEP_MEMORY),
    "fp32, sdpa, malloc that keeps its memory": ([], KEEP_MEMORY),
    "fp32, eager attention, malloc that keeps its memory": (["--attention", "eager"], KEEP_MEMORY),
}


def measure(context):
    inputs = context.inputs
    outcome = Outcome()
    data = inputs.sample("sst2/train", 32 * context.scaled(64, 3))
    names = list(SETTINGS)[:context.scaled(len(SETTINGS), 1)]
    rates, told = context.try_settings(
        names, lambda name: peer(context, data, name)["examples_per_second"])
    best = fastest_of_each(rates)
    outcome.raw["settings"] = rates
    outcome.notes.append(f"The loop's speed with each setting, examples/s, once each: {told}. "
                         f"Measured against: {' and '.join(best.values())}.")
    precisions = set()

    def finemix():
        found = context.finemix("train", "--pretrained", inputs.model(), "--data", data, "--output",
                                context.scratch("trained"), "--epochs", 1, "--json").json()
        precisions.add(found["precision"])
        return found["examples_per_second"]

    sides = {"finemix": finemix, "Trainer": lambda: trainer(context, data)}
    for precision, setting in best.items():
        sides[precision] = (lambda setting=setting:
                            peer(context, data, setting)["examples_per_second"])
    samples = context.interleave(sides)
    fastest = max(best, key=lambda name: statistics.median(samples[name]))
    same = agree(context, best[fastest], outcome)
    outcome.notes.append(f"finemix chose {' and '.join(sorted(precisions))}.")
    for name in ("bf16", "fp32"):
        if name in samples:
            outcome.figures.append(Figure(
                "training, SST-2, MiniLM, batches of 32",
                f"transformers loop, {name}, fused AdamW, grouped", samples["finemix"],
                samples[name], "examples/s", more_is_better=True,
                bar=(">=", 2.0) if name == fastest else None, same=same))
    outcome.figures.append(Figure(
        "training, SST-2, MiniLM, batches of 32", "transformers Trainer, fp32",
        samples["finemix"], samples["Trainer"], "examples/s", more_is_better=True,
        bar=(">=", 4.0), same=same))
    return outcome


def fastest_of_each(rates):
    """{precision: its fastest setting}."""
    best = {}
    for precision in ("bf16", "fp32"):
        known = [name for name in rates if name.startswith(precision)]
        if known:
            best[precision] = max(known, key=rates.get)
    return best


def peer(context, data, setting, *arguments):
    words, environment = SETTINGS[setting]
    return context.peer("train.py", "--pretrained", context.inputs.model(), "--data", data,
                        "--threads", context.threads, *words, *arguments,
                        environment=environment).json()


def trainer(context, data):
    found = context.peer("trainer.py", "--pretrained", context.inputs.model(), "--data", data,
                         "--threads", context.threads, environment=KEEP_MEMORY)
    return found.json()["examples_per_second"]


def agree(context, setting, outcome):
    """A longer training on each side: like losses, and checkpoints that do alike on SST-2 dev.

    Both are judged by the same program, so that only the trainings can differ.
    """
    data = context.inputs.sample("sst2/train", context.scaled(6920, 128))
    ours, theirs = context.scratch("agree-finemix"), context.scratch("agree-peer")
    found = context.finemix("train", "--pretrained", context.inputs.model(), "--data", data,
                            "--output", ours, "--epochs", 1, "--json").json()
    other = peer(context, data, "bf16, sdpa" if "compile" in setting else setting, "--output",
                 theirs)
    judged = [context.finemix("eval", "--model", model, "--data", context.inputs.file("sst2/dev"),
                              "--json").json()["accuracy"] for model in (ours, theirs)]
    alike, allowed = same_rate(judged[0]["value"], judged[1]["value"], judged[0]["total"])
    close = abs(found["loss"] - other["loss"]) <= LOSS_DIFFERENCE
    outcome.notes.append(
        f"Agreement: one epoch of {number(found['steps'])} steps gave a mean loss of "
        f"{found['loss']:.4f} and {other['loss']:.4f} (allowed to differ by {LOSS_DIFFERENCE}), "
        f"and on SST-2 dev {judged[0]['value']:.1%} and {judged[1]['value']:.1%} right (by "
        f"{allowed:.1%}: three standard errors).")
    return alike and close
