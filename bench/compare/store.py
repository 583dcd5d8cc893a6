"""What was measured, kept in benchmarks.json: a record of each kind of machine, none of which is
lost when another is measured.

A record is {"machine", "quick", "threads", "runs", "rows": {name: {"outcome", "command", …}}}.
"""

import json
import re

FILE = "benchmarks.json"


def key_of(record):
    """The kind of machine: records of one kind are one record, and go on from each other."""
    machine = record["machine"]
    words = [machine["cpu"], *machine["isa"], f"{machine['cores']} cores",
             f"{record['threads']} threads", *["quick"] * record["quick"]]
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")


def load(folder):
    """{kind of machine: record}."""
    path = folder / FILE
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def save(folder, records):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n",
                               encoding="utf-8")
