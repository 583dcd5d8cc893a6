"""Writes benchmarks.md, its JSON and its plots from what the rows found; no figure is typed in."""

import json
import statistics

import archive
import plot
import rows
from figures import Outcome, number

INTRODUCTION = """# Benchmarks

Written by `bench/compare/run`; [bench/README.md](../bench/README.md) tells how to run it. Both
sides of a line ran in turn on one machine, A B A B, with {threads} threads each unless the line
says otherwise; the figures are medians. A ratio with a bar ≥ says how many times better finemix is,
one with a bar ≤ is finemix's figure over that of its reference; behind it are the smallest and the
largest ratio of neighbouring runs. "Same result" says whether the two sides' results agreed.{others}
"""
QUICK = "\n**From a run with `--quick`: tiny counts, to see that everything works. No claim.**\n"


def write(folder, record):
    """`record` is the JSON: {"machine", "rows": {name: {"outcome", "command", …}}}."""
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = {name: Outcome.from_json(record["rows"][name]["outcome"])
                for name in rows.ALL if name in record["rows"]}
    text = markdown(record, outcomes, archive.others(folder))
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")
    (folder / "benchmarks.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n",
                                            encoding="utf-8")
    drawn = folder / "benchmarks"
    for outcome in outcomes.values():
        for picture in outcome.plots:
            drawn.mkdir(exist_ok=True)
            (drawn / picture["file"]).write_text(plot.svg(picture), encoding="utf-8")


def markdown(record, outcomes, others):
    links = ", ".join(f"[{cpu}]({file})" for cpu, file in others.items())
    parts = [INTRODUCTION.format(threads=record["threads"],
                                 others=f" Another machine: {links}." if links else "")]
    if record["quick"]:
        parts.append(QUICK)
    parts += ["\n## Machine\n", *machine(record["machine"]), "\n## Bars\n"]
    parts += table(["row", "what", "against", "finemix", "peer", "unit", "ratio", "bar", "", "same "
                    "result"],
                   [cells(name, figure, record["quick"]) for name, outcome in outcomes.items()
                    for figure in outcome.figures])
    for name, outcome in outcomes.items():
        parts += section(name, outcome, record)
    return "\n".join(parts) + "\n"


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
    return [f"- {found['cpu']}, {found['cores']} cores, {found['memory_gb']} GB; of the vector "
            f"extensions: {', '.join(found['isa']) or 'none'}",
            f"- {found['finemix']}, commit {found['commit']}, binary {found['binary']} (SHA-256); "
            f"Python {found['python']}, {packages}",
            f"- {found['date']}; load average {found['load']:.2f} when it started"]


def section(name, outcome, record):
    made = record["rows"][name]
    parts = [f"\n## {rows.ALL[name].TITLE}\n"]
    for found in outcome.tables:
        parts += [f"{found['title']}:\n", *table(found["header"], found["rows"]), ""]
    parts += [f"![{picture['title']}](benchmarks/{picture['file']})\n" for picture in outcome.plots]
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
