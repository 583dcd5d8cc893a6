"""Results of other machines: kept beside those of the machine at hand, under the name of their CPU."""

import json
import re

DOCUMENT = "benchmarks"


def load(path):
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def same_kind(record, machine, quick, threads):
    return (record["quick"] == quick and record["threads"] == threads
            and all(record["machine"][key] == machine[key] for key in ("cpu", "cores")))


def earlier_rows(folder, machine, quick, threads):
    """Rows of the last run on this kind of machine; the document of another one is put aside."""
    current = load(folder / f"{DOCUMENT}.json")
    if current and not same_kind(current, machine, quick, threads):
        if not quick and not current["quick"]:
            rename(folder, DOCUMENT, name_of(current["machine"]))
        current = None
    aside = load(folder / f"{name_of(machine)}.json")
    if current is None and aside and same_kind(aside, machine, quick, threads):
        rename(folder, name_of(machine), DOCUMENT)
        current = aside
    return current["rows"] if current else {}


def others(folder):
    """{title: file name} of the documents that were put aside."""
    return {load(path)["machine"]["cpu"]: f"{path.stem}.md"
            for path in sorted(folder.glob(f"{DOCUMENT}-*.json"))}


def name_of(machine):
    return f"{DOCUMENT}-" + re.sub(r"[^a-z0-9]+", "-", machine["cpu"].lower()).strip("-")


def rename(folder, old, new):
    """Of the JSON, the text and its plots, whose links are changed."""
    text = (folder / f"{old}.md").read_text("utf-8").replace(f"]({old}/", f"]({new}/")
    (folder / f"{new}.md").write_text(text, encoding="utf-8")
    (folder / f"{old}.md").unlink()
    (folder / f"{old}.json").rename(folder / f"{new}.json")
    if (folder / old).is_dir():
        (folder / old).rename(folder / new)
