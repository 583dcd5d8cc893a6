"""What the figures were taken on."""

import hashlib
import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

ISA = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16")
PACKAGES = ("torch", "transformers", "tokenizers", "mergekit")


def describe(root, finemix):
    info = Path("/proc/cpuinfo").read_text()
    flags = set(re.search(r"flags\s*: (.*)", info)[1].split()) if "flags" in info else set()
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "cpu": cpu(info),
        "cores": len(os.sched_getaffinity(0)),
        "isa": [flag for flag in ISA if flag in flags],
        "memory_gb": round(int(memory[1]) / 2**20, 1),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "commit": commit(root),
        "finemix": first_line([str(finemix), "--version"]),
        "binary": hashlib.sha256(finemix.read_bytes()).hexdigest()[:12],
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "load": os.getloadavg()[0],
    }


def cpu(info):
    """The name, and what tells CPUs of one name apart: a guest is often told no more than the
    maker."""
    found = {what: re.search(rf"{what}\s*: (.*)", info)
             for what in ("model name", "cpu family", "model")}
    name = found["model name"][1] if found["model name"] else platform.machine()
    if not (found["cpu family"] and found["model"]):
        return name
    return f"{name} (family {found['cpu family'][1]}, model {found['model'][1]})"


def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def commit(root):
    """The commit that is checked out, with a mark where the tree has changes of its own."""
    head = first_line(["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"])
    status = ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"]
    return head + (" with changes" if first_line([*status, "--", ".", ":!docs"]) else "")


def first_line(command):
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return (found.splitlines() or [""])[0]
