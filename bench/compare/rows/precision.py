"""Accuracy after fine-tuning in bf16 and in fp32, from seed to seed."""

import statistics

from figures import Figure, Outcome

NAME = "precision"
TITLE = "bf16 against fp32, ten seeds"
SEEDS = 10


def measure(context):
    inputs = context.inputs
    train = inputs.sample("sst2/train", context.scaled(2048, 64))
    test = inputs.file("sst2/test")
    found = {"bf16": [], "fp32": []}
    for seed in range(context.scaled(SEEDS, 2)):
        for precision, accuracies in found.items():
            accuracies.append(accuracy(context, train, test, precision, seed))
            context.say(f"seed {seed}, {precision}: {accuracies[-1]:.2f} %")
    means, deviations = ({name: function(values) for name, values in found.items()}
                         for function in (statistics.mean, statistics.stdev))
    difference = means["bf16"] - means["fp32"]
    allowed = max(deviations.values())
    outcome = Outcome([Figure("accuracy after one epoch in bf16, median of the seeds",
                              "the same in fp32", found["bf16"], found["fp32"], "%",
                              more_is_better=True,
                              same=None if context.quick else abs(difference) <= allowed)])
    outcome.tables.append({
        "title": "Accuracy on SST-2 test (%), evaluated in fp32",
        "header": ["seed", "bf16", "fp32"],
        "rows": [[str(seed), f"{a:.2f}", f"{b:.2f}"]
                 for seed, (a, b) in enumerate(zip(found["bf16"], found["fp32"]))]
        + [["mean ± deviation",
            *(f"{means[name]:.2f} ± {deviations[name]:.2f}" for name in found)]]})
    outcome.notes.append(
        f"Agreement: the means differ by {difference:+.2f} points; allowed is the larger of the "
        f"two deviations from seed to seed, {allowed:.2f}.")
    return outcome


def accuracy(context, train, test, precision, seed):
    """Percent right of a classifier whose head, order of texts and dropout this seed draws."""
    model = context.scratch("seeded")
    context.finemix("train", "--pretrained", context.inputs.model(), "--data", train, "--output",
                    model, "--epochs", 1, "--seed", seed, "--precision", precision)
    found = context.finemix("eval", "--model", model, "--data", test, "--precision", "fp32",
                            "--json").json()
    return 100 * found["accuracy"]["value"]
