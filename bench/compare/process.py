"""Starts one program, waits for it, and tells its wall time and its peak memory."""

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

# glibc gives large blocks back to the system and faults them in anew at the next step; a peer that
# trains is faster with a malloc that keeps them.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**32), "MALLOC_MMAP_THRESHOLD_": str(2**30)}


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

    Peak memory is the kernel's ru_maxrss of that process. It can't be below this process's own,
    from which it was forked, so nothing heavy is imported here. Standard output goes to the file
    `output` where that is given, and is kept in memory otherwise. It is killed after `limit`
    seconds.
    """
    log = Path(log or os.devnull)
    sink = open(output, "wb") if output else subprocess.PIPE
    with open(log, "wb") as errors:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=sink, stderr=errors,
                                   stdin=subprocess.DEVNULL, env=os.environ | (environment or {}))
        watch = threading.Timer(limit, process.kill) if limit else None
        if watch:
            watch.start()
        text = b"" if output else process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    if watch:
        watch.cancel()
    if sink is not subprocess.PIPE:
        sink.close()
    else:
        process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if limit and seconds >= limit:
        raise NotMeasured(f"took longer than {limit} s")
    if process.returncode != 0:
        raise NotMeasured(f"{Path(str(command[0])).name} ended with {process.returncode}"
                          f"{last_words(log)}")
    return Finished(seconds, usage.ru_maxrss / 1024, text.decode("utf-8", "replace"))


def last_words(log):
    """The last line of a program's errors; files of the work folder are named as they are in it."""
    if not log.is_file():
        return ""
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return f": {lines[-1].replace(f'{log.parent}/', '')[:160]}" if lines else ""
