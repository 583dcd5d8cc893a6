"""Where a training step goes: finemix by its own clocks, the peer by torch.profiler."""

import json

from figures import Outcome, number
from process import NotMeasured

NAME = "step"
TITLE = "Where a step goes"
# Model and texts as step_bench takes them; None: MiniLM, and SST-2.
CASES = ((None, None), (None, 128), ("bert-base", None), ("bert-base", 128))


def measure(context):
    outcome = Outcome()
    data = context.inputs.sample("sst2/train", 32 * context.scaled(16, 2))
    try:
        for model, texts in context.scaled(CASES, CASES[:1]):
            step = context.run([context.binary("step_bench"), model or context.inputs.model(),
                                texts or data, "bf16", context.scaled(24, 8)]).json()
            outcome.tables.append(table(f"finemix, {model or 'MiniLM'}, bf16", step))
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
