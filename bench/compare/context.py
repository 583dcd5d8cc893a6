"""What a row needs to run: programs, inputs, counts, and the two sides taken in turn."""

import shutil
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from figures import number
from inputs import Inputs
from process import Finished, NotMeasured, run

COMPILE_LIMIT = 150  # seconds
PEERS = Path(__file__).resolve().parent / "peers"


@dataclass
class Context:
    root: Path
    finemix_binary: Path
    work: Path
    inputs: Inputs
    runs: int
    quick: bool
    threads: int
    row: str = ""

    def scaled(self, full, quick):
        """A count: what is measured, or with --quick just enough to see that it works."""
        return quick if self.quick else full

    def rounds(self, most=None):
        """How often each side runs; `most` limits it where one run takes a minute."""
        return min(self.runs, most) if most else self.runs

    def say(self, text):
        print(f"[{self.row}] {text}", file=sys.stderr, flush=True)

    def environment(self):
        """Both sides get the same threads, and no peer looks for anything on a network."""
        return {"OMP_NUM_THREADS": str(self.threads), "MKL_NUM_THREADS": str(self.threads),
                "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false",
                "TRANSFORMERS_VERBOSITY": "error"}

    def run(self, command, environment=None, output=None, limit=None):
        return run(command, self.environment() | (environment or {}), self.work / "stderr.log",
                   output, limit)

    def finemix(self, *arguments, threads=None, output=None):
        """Runs a command of finemix; --json is the caller's to ask for."""
        return self.run([self.finemix_binary, *arguments, "--threads", threads or self.threads,
                         "--quiet"], output=output)

    @cached_property
    def precision(self):
        """That in which finemix trains on this CPU when it is not told."""
        found = self.finemix("train", "--pretrained", self.inputs.model(), "--data",
                             self.inputs.sample("sst2/train", 32), "--output",
                             self.scratch("one-step"), "--epochs", 1, "--json").json()
        return found["precision"]

    def peer(self, script, *arguments, environment=None):
        """A peer that compiles first may take its time, but not that of all other rows."""
        return self.run([sys.executable, PEERS / script, *arguments], environment,
                        limit=COMPILE_LIMIT if "--compile" in arguments else None)

    def mergekit(self):
        """The program of the peer that merges checkpoints, or None."""
        path = Path(sys.executable).with_name("mergekit-yaml")
        return path if path.is_file() else None

    def baseline_mb(self):
        """The memory of a finemix that does nothing."""
        return self.run([self.finemix_binary, "--version"]).peak_mb

    def binary(self, name):
        """A C++ benchmark beside the finemix that is measured."""
        path = self.finemix_binary.parent / "bench" / name
        if not path.is_file():
            raise NotMeasured(f"there is no {path.parent.name}/{name} beside the finemix measured")
        return path

    def scratch(self, name):
        """A path in the work folder at which there is nothing."""
        path = self.work / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        return path

    def try_settings(self, settings, measure):
        """({setting: what measure(setting) gave, where it ran}, the same in words)."""
        found, words = {}, []
        for name in settings:
            try:
                found[name] = measure(name)
                words.append(f"{name} {number(found[name])}")
            except NotMeasured as reason:
                words.append(f"{name} failed ({reason})")
        if not found:
            raise NotMeasured("; ".join(words))
        return found, "; ".join(words)

    def interleave(self, sides, rounds=None):
        """Runs every side once per round, in order: {name: [what it returned, …]}.

        What disturbs the machine for some seconds then falls on all sides, not on one.
        """
        samples = {name: [] for name in sides}
        rounds = rounds or self.rounds()
        for index in range(rounds):
            for name, measure in sides.items():
                samples[name].append(measure())
                self.say(f"round {index + 1} of {rounds}: {name} {brief(samples[name][-1])}")
        return samples


def brief(sample):
    """A sample in a line of progress."""
    if isinstance(sample, Finished):
        return f"{sample.seconds:.2f} s, {sample.peak_mb:.0f} MB"
    return sample if isinstance(sample, dict) else f"{sample}"[:60]
