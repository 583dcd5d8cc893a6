"""Reads the C++ benchmarks (Google Benchmark) that are built beside finemix."""

import json
import re

from process import NotMeasured

PER_SECOND = {"ns": 1e9, "us": 1e6, "ms": 1e3, "s": 1.0}


def timings(context, names, environment=None, most=None, per_item=False):
    """{name: [seconds of an iteration, …]} of benchmarks, in whichever program has them.

    With `per_item` nanoseconds of an item (an element, a weight), as the benchmark counts them: two
    benchmarks need not be of one size then.

    All repetitions are in one process and in random order, so that the sides are interleaved.
    Raises NotMeasured where one of the names is nowhere.
    """
    folder = context.finemix_binary.parent / "bench"
    programs = sorted(p for p in folder.glob("*_bench") if p.is_file()) if folder.is_dir() else []
    found = {}
    for program in programs:
        there = [name for name in names if name in listed(context, program, environment)]
        if there:
            found |= measure(context, program, there, environment, most, per_item)
    missing = [name for name in names if name not in found]
    if missing:
        raise NotMeasured(f"no C++ benchmark is called {', '.join(missing)}")
    return found


def plain(name):
    """Google Benchmark appends what it was told about time and threads; names here are without."""
    return re.sub(r"/(real_time|process_time|iterations:\d+|repeats:\d+|min_time:[\d.]+)", "", name)


def listed(context, program, environment):
    try:
        output = context.run([program, "--benchmark_list_tests=true"], environment).output
    except NotMeasured:
        return set()  # a program that is fed otherwise: sweep_bench, step_bench
    return {plain(line.strip()) for line in output.splitlines()}


def measure(context, program, names, environment, most, per_item):
    words = "|".join(f"^{name}(/real_time|/process_time|/iterations:.*)*$" for name in names)
    report = json.loads(context.run(
        [program, f"--benchmark_filter={words}", "--benchmark_format=json",
         f"--benchmark_repetitions={context.rounds(most)}",
         "--benchmark_enable_random_interleaving=true",
         f"--benchmark_min_time={context.scaled(0.2, 0.01)}"], environment).output)
    found = {}
    for entry in report["benchmarks"]:
        if entry.get("run_type", "iteration") != "iteration":
            continue
        if entry.get("error_occurred"):
            raise NotMeasured(f"{entry['name']}: {entry.get('error_message', 'failed')}")
        if per_item and "items_per_second" not in entry:
            raise NotMeasured(f"{entry['name']} does not count its items")
        found.setdefault(plain(entry["name"]), []).append(
            1e9 / entry["items_per_second"] if per_item
            else entry["real_time"] / PER_SECOND[entry["time_unit"]])
    return found
