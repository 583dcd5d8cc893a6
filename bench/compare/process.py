"""Starts one program, waits for it, and tells its wall time and its peak memory."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# glibc gives large blocks back to the system and faults them in anew at the next step; a peer that
# trains is faster with a malloc that keeps them.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**32), "MALLOC_MMAP_THRESHOLD_": str(2**30)}


LAUNCHER = Path(__file__).with_name("launch.py")


class NotMeasured(Exception):
    """Why a figure is not to be had; the table says so instead of a number."""


@dataclass
class Finished:
    seconds: float
    peak_mb: float
    output: str

    def json(self):
        """The object that a program printed as, or after, everything else it had to say."""
        for start, line in reversed(list(enumerate(self.output.splitlines()))):
            if line.startswith(("{", "[")):
                return json.loads("\n".join(self.output.splitlines()[start:]))
        raise NotMeasured(f"no JSON in the output: {self.output[:200]!r}")


def run(command, environment=None, log=None, output=None, limit=None):
    """Runs `command` to its end; raises NotMeasured with its last words when it fails.

    Standard output goes to the file `output` where that is given, and is kept in memory otherwise.
    It is killed after `limit` seconds.
    """
    log = Path(log or os.devnull)
    sink = open(output, "wb") if output else subprocess.PIPE
    reader, writer = os.pipe()
    words = [sys.executable, "-I", "-S", LAUNCHER, str(writer), str(limit or 0),
             *(str(word) for word in command)]
    with open(log, "wb") as errors:
        process = subprocess.Popen(words, stdout=sink, stderr=errors, stdin=subprocess.DEVNULL,
                                   env=os.environ | (environment or {}), pass_fds=(writer,))
        os.close(writer)
        text = process.communicate()[0] or b""
    if output:
        sink.close()
    with open(reader, "rb") as report:
        found = report.read().split()
    if len(found) != 3:
        raise NotMeasured(f"{Path(str(command[0])).name} was not started{last_words(log)}")
    seconds, peak, code = float(found[0]), int(found[1]), int(found[2])
    if limit and seconds >= limit:
        raise NotMeasured(f"took longer than {limit} s")
    if code != 0:
        raise NotMeasured(f"{Path(str(command[0])).name} ended with {code}{last_words(log)}")
    return Finished(seconds, peak / 1024, text.decode("utf-8", "replace"))


def last_words(log):
    """The last line of a program's errors; files of the work folder are named as they are in it."""
    if not log.is_file():
        return ""
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return f": {lines[-1].replace(f'{log.parent}/', '')[:160]}" if lines else ""
