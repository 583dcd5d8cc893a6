"""Writes benchmarks.md and its plots from what the rows found; no figure is typed in."""

import statistics

import plot
import rows
from figures import Outcome, number

INTRODUCTION = """# Benchmarks

Written by `bench/compare/run`; [bench/README.md](../bench/README.md) tells how to run it. Both
sides of a line ran in turn on one machine, A B A B, with as many threads each unless the line
says otherwise; the figures are medians. A ratio with a bar ≥ says how many times better finemix is,
one with a bar ≤ is finemix's figure over that of its reference; behind it are the smallest and the
largest ratio of neighbouring runs. "Same result" says whether the two sides' results agreed.
"""
QUICK = "\n**From a run with `--quick`: tiny counts, to see that everything works. No claim.**\n"


def write(folder, records):
    """`records` as store.py has them; the first is of the machine at hand."""
    parts = [INTRODUCTION]
    for key, record in records.items():
        outcomes = {name: Outcome.from_json(record["rows"][name]["outcome"])
                    for name in rows.ALL if name in record["rows"]}
        parts += of_machine(key, record, outcomes)
        for outcome in outcomes.values():
            for picture in outcome.plots:
                path = folder / "benchmarks" / key / picture["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(plot.svg(picture), encoding="utf-8")
    (folder / "benchmarks.md").write_text("\n".join(parts) + "\n", encoding="utf-8")


def of_machine(key, record, outcomes):
    found = record["machine"]
    parts = [f"\n# {found['cpu']}, {found['cores']} cores, {record['threads']} threads\n"]
    if record["quick"]:
        parts.append(QUICK)
    parts += [*machine(found), "\n## Bars\n"]
    parts += table(["row", "what", "against", "finemix", "peer", "unit", "ratio", "bar", "", "same "
                    "result"],
                   [cells(name, figure, record["quick"]) for name, outcome in outcomes.items()
                    for figure in outcome.figures])
    for name, outcome in outcomes.items():
        parts += section(key, name, outcome, record)
    return parts


def cells(name, figure, quick):
    def middle(samples):
        return number(statistics.median(samples)) if samples and not figure.missing else "–"

    ratio, spread = figure.ratio(), figure.spread() if figure.ratio() else None
    words = "–" if ratio is None else f"{ratio:.2f}"
    if spread:
        words += f" ({spread[0]:.2f}–{spread[1]:.2f})"
    verdict = "not judged" if quick and figure.bar and ratio else figure.verdict()
    same = {None: "–", True: "yes", False: "**no**"}[figure.same]
    return [name, figure.what, figure.peer_name, middle(figure.finemix), middle(figure.peer),
            figure.unit, words, figure.bar_text(), verdict, same]


def machine(found):
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    return [f"- {found['memory_gb']} GB; of the vector extensions: "
            f"{', '.join(found['isa']) or 'none'}",
            f"- {found['finemix']}, commit {found['commit']}, binary {found['binary']} (SHA-256); "
            f"Python {found['python']}, {packages}",
            f"- {found['date']}; load average {found['load']:.2f} when it started"]


def section(key, name, outcome, record):
    made = record["rows"][name]
    parts = [f"\n## {rows.ALL[name].TITLE}\n"]
    for found in outcome.tables:
        parts += [f"{found['title']}:\n", *table(found["header"], found["rows"]), ""]
    parts += [f"![{picture['title']}](benchmarks/{key}/{picture['file']})\n"
              for picture in outcome.plots]
    parts += [f"- {note}" for note in outcome.notes]
    if any(made.get(key) != record["machine"][key] for key in ("commit", "binary")):
        parts.append(f"- **Measured earlier**: commit {made['commit']}, binary "
                     f"{made.get('binary', 'unknown')}, {made['date']}.")
    parts.append(f"\n`{made['command']}` ({made['seconds']:.0f} s)")
    return parts


def table(header, lines):
    def line(found):
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in found) + " |"

    return [line(header), line("---" for _ in header), *(line(found) for found in lines)]
