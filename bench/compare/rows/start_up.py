"""How long it takes to say one word, and what memory that is."""

import statistics
import sys

from figures import Figure, Outcome, number

NAME = "start"
TITLE = "Start-up"
IMPORTS = {"import transformers": "import transformers",
           "… with a model class": "from transformers import AutoModelForSequenceClassification"}


def measure(context):
    outcome = Outcome()
    sides = {"finemix": lambda: context.run([context.finemix_binary, "--version"])}
    for name, code in IMPORTS.items():
        sides[name] = lambda code=code: context.run([sys.executable, "-c", code])
    found = context.interleave(sides)
    times = {side: [done.seconds for done in runs] for side, runs in found.items()}
    for name, code in IMPORTS.items():
        outcome.figures.append(Figure("`finemix --version`", f"`python -c '{code}'`",
                                      times["finemix"], times[name]))
    outcome.notes.append("Peak memory: " + "; ".join(
        f"{name} {number(statistics.median(done.peak_mb for done in runs))} MB"
        for name, runs in found.items()) + ".")
    return outcome
