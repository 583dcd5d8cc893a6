"""Where a training step goes: finemix by its own clocks, the peer by torch.profiler."""

import json

from figures import Outcome, number
from process import NotMeasured

NAME = "step"
TITLE = "Where a step goes"


def measure(context):
    outcome = Outcome()
    data = context.inputs.sample("sst2/train", 32 * context.scaled(16, 2))
    try:
        found = context.run([context.binary("step_bench")], {
            "FINEMIX_BENCH_MODEL": str(context.inputs.model()),
            "FINEMIX_BENCH_DATA": str(data)}).json()
        for step in found if isinstance(found, list) else [found]:
            outcome.tables.append(table(f"finemix, {step['model']}", step))
    except (NotMeasured, json.JSONDecodeError) as reason:
        outcome.notes.append(f"finemix's own split is not measured: {reason}.")
    peer = context.peer("step_profile.py", "--pretrained", context.inputs.model(), "--data", data,
                        "--threads", context.threads).json()
    outcome.tables.append(table("transformers loop, MiniLM, bf16 (torch.profiler)", peer))
    outcome.raw["peer"] = peer
    return outcome


def table(title, step):
    whole = step["step_ms"]
    rows = [[part["name"], number(part["ms"]), f"{part['ms'] / whole:.0%}"]
            for part in step["parts"]]
    rows.append(["whole step", number(whole), ""])
    return {"title": f"{title}: {number(step['tokens'])} tokens in {number(step['texts'])} texts",
            "header": ["part", "ms", "share"], "rows": rows}
