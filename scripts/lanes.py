"""Commands side by side, for scripts that make tables of many models."""

import itertools
import json
import queue
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FINEMIX = ROOT / "build/release/finemix"


def parsed(parser):
    """The arguments, with --workers, and as `options` those behind `--`."""
    parser.add_argument("--workers", type=int, default=1,
                        help="commands at a time; several want `-- --threads 1`, and can share a GPU (default %(default)s)")
    parser.epilog = "What follows -- goes to every finemix command; give the same each time."
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    arguments = parser.parse_args(given[:end])
    if arguments.workers < 1:
        parser.error("--workers is 1 at least")
    arguments.options = given[end + 1:]
    return arguments


def attack_name(attack):
    return attack if isinstance(attack, str) else attack.get("name", attack.get("kind"))


def write_grid(file, config, task, **settings):
    """Writes the grid of one task of a config: with those attacks alone that both have, and with these settings."""
    attacks = config["attacks"]
    if "attacks" in task:
        attacks = [each for each in attacks if attack_name(each) in task["attacks"]]
        task = dict(task, attacks=[attack_name(each) for each in attacks])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(dict(config, tasks=[task], attacks=attacks, **settings), indent=2) + "\n")


class Lanes:
    """Runs what is added, `workers` at a time, those of a lower rank first, until there is no more; what runs may add."""

    def __init__(self, workers, options):
        self.workers, self.options = workers, options
        self.waiting, self.order, self.failed = queue.PriorityQueue(), itertools.count(), []

    def add(self, rank, job, *arguments):
        self.waiting.put((rank, next(self.order), job, arguments))

    def finemix(self, *arguments, record=None, accepted=(0,)):
        """Runs a command. What it prints is put into `record`, which is there only if it is whole."""
        said = subprocess.run([FINEMIX, *map(str, arguments), *self.options], stdout=subprocess.PIPE if record else None)
        if said.returncode not in accepted:
            raise RuntimeError(f"finemix {arguments[0]} failed with exit code {said.returncode}")
        if record:
            record.parent.mkdir(parents=True, exist_ok=True)
            part = record.with_suffix(".part")
            part.write_bytes(said.stdout)
            part.rename(record)

    def _work(self):
        while True:
            _, _, job, arguments = self.waiting.get()
            try:
                job(*arguments)
            except Exception as problem:  # the others go on; run() tells of it
                self.failed.append(problem)
                print(f"{Path(sys.argv[0]).name}: {job.__name__}{arguments}: {problem}", file=sys.stderr)
            finally:
                self.waiting.task_done()

    def run(self):
        for _ in range(self.workers):
            threading.Thread(target=self._work, daemon=True).start()
        self.waiting.join()
        if self.failed:
            sys.exit(1)
