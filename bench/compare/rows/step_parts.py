"""Where a training step goes: finemix by its own clocks, the peer by torch.profiler."""

import json

from figures import Outcome, number
from process import KEEP_MEMORY, NotMeasured

NAME = "step"
TITLE = "Where a step goes"
STEPS = 16  # of which step_bench warms up in five
# Model and texts as step_bench takes them; None: MiniLM, and SST-2.
CASES = ((None, None), (None, 128), ("bert-base", None), ("bert-base", 128))


def measure(context):
    outcome = Outcome()
    data = context.inputs.sample("sst2/train", 32 * context.scaled(16, STEPS))
    precision = context.precision
    for model, texts in context.scaled(CASES, CASES[:1]):
        name = (f"finemix, {model or 'MiniLM'}, {f'{texts} tokens' if texts else 'SST-2'}, "
                f"{precision}")
        try:
            step = context.run([context.binary("step_bench"), model or context.inputs.model(),
                                texts or data, precision, STEPS]).json()
            outcome.tables.append(table(name, step))
        except (NotMeasured, json.JSONDecodeError) as reason:
            outcome.notes.append(f"{name}: not measured: {reason}.")
    peer = context.peer("step_profile.py", "--pretrained", context.inputs.model(), "--data", data,
                        "--threads", context.threads,
                        *["--bf16"] * (precision == "bf16"), environment=KEEP_MEMORY).json()
    outcome.tables.append(table(
        f"transformers loop, MiniLM, SST-2, {precision} (torch.profiler)", peer))
    outcome.raw["peer"] = peer
    outcome.notes.append("Where several threads multiply by finemix's own products, AdamW is mostly "
                         "done beside those of the next step, and its time counted with theirs.")
    return outcome


def table(title, step):
    whole = step["step_ms"]
    rows = [[part["name"], number(part["ms"]), f"{part['ms'] / whole:.0%}"]
            for part in step["parts"]]
    rows.append(["whole step", number(whole), ""])
    return {"title": f"{title}: {number(step['tokens'])} tokens in {number(step['texts'])} texts",
            "header": ["part", "ms", "share"], "rows": rows}
