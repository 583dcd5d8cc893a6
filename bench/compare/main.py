#!/usr/bin/env python3
"""Measures finemix and its peers in turn on the same work, and writes docs/benchmarks.md."""

import argparse
import fcntl
import os
import sys
import time
import traceback
from pathlib import Path

import document
import machine
import rows
import store
from context import Context
from figures import Figure, Outcome
from inputs import Inputs
from process import NotMeasured

ROOT = Path(__file__).resolve().parents[2]


def parse():
    parser = argparse.ArgumentParser(prog="bench/compare/run", description=__doc__)
    parser.add_argument("--rows", default=",".join(rows.ALL), metavar="A,B,…",
                        help="which ones; the others keep what the last run on this machine found "
                             "[all: %(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="of each side [%(default)s]")
    parser.add_argument("--quick", action="store_true",
                        help="tiny counts: shows that everything works, measures nothing")
    parser.add_argument("--finemix", type=Path, default=ROOT / "build/release/finemix",
                        metavar="PATH", help="the binary; C++ benchmarks are in bench/ beside it")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data", metavar="DIR",
                        help="data sets: sst2/train.tsv and so on")
    parser.add_argument("--minilm", type=Path, default=ROOT / ".deps/minilm", metavar="DIR",
                        help="the checkpoint, from scripts/fetch-minilm")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)),
                        help="of both sides [%(default)s]")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench-compare", metavar="DIR",
                        help="for inputs that are made, and scratch")
    parser.add_argument("--output", type=Path, metavar="DIR",
                        help="where benchmarks.md goes [docs; with --quick the work folder]")
    options = parser.parse_args()
    options.chosen = options.rows.split(",")
    unknown = [name for name in options.chosen if name not in rows.ALL]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(rows.ALL)}")
    if not options.finemix.is_file():
        parser.error(f"no finemix at {options.finemix}: run scripts/build release all, or give "
                     "--finemix PATH")
    return options


def measured(row, context):
    """The row's outcome; what goes wrong in one row costs the others nothing."""
    try:
        return row.measure(context)
    except NotMeasured as reason:
        return Outcome([Figure(row.TITLE, missing=str(reason))])
    except Exception as error:  # a row's own defect, whatever it is
        traceback.print_exc()
        return Outcome([Figure(row.TITLE, missing=f"the row failed: {error!r}")])


def main():
    options = parse()
    work = options.work.resolve() / ("quick" if options.quick else "full")
    work.mkdir(parents=True, exist_ok=True)
    output = options.output or (work if options.quick else ROOT / "docs")
    lock = open(work / "lock", "w")  # two measurements at once would measure each other
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("run: another measurement is running")

    inputs = Inputs(options.data.resolve(), options.minilm.resolve(), work)
    context = Context(ROOT, options.finemix.resolve(), work, inputs, options.runs, options.quick,
                      options.threads)
    inputs.context = context
    found = machine.describe(ROOT, options.finemix)
    record = {"machine": found, "quick": options.quick, "threads": options.threads,
              "runs": options.runs, "rows": {}}
    records = store.load(output)
    before = records.pop(store.key_of(record), {"rows": {}})["rows"]
    record["rows"] = {name: row for name, row in before.items() if name in rows.ALL}
    records = {store.key_of(record): record, **records}  # the one at hand comes first
    if found["load"] > 0.5:
        print(f"run: the load average is {found['load']:.2f}: something else is running, and will "
              "be in the figures", file=sys.stderr)
    for name in options.chosen:
        context.row = name
        start = time.perf_counter()
        outcome = measured(rows.ALL[name], context)
        command = f"bench/compare/run --rows {name} --runs {options.runs}"
        record["rows"][name] = {
            "commit": found["commit"], "binary": found["binary"], "date": found["date"],
            "outcome": outcome.as_json(),
            "command": command + " --quick" * options.quick,
            "seconds": time.perf_counter() - start}
        store.save(output, records)  # after each row, so that an interrupted run is not lost
        document.write(output, records)
    print(f"written to {output / 'benchmarks.md'}")
    return any(figure.same is False for name in options.chosen
               for figure in Outcome.from_json(record["rows"][name]["outcome"]).figures)


if __name__ == "__main__":
    sys.exit(main())
