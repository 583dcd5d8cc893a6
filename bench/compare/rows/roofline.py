"""A training step over the time that its matrix products alone need at this machine's peak.

A step is one of a training under way: `step_bench` leaves out the first five, which touch memory
for the first time; the row `train` has them. It counts the FLOPs, too: a product of an (m, k) and a
(k, n) matrix takes 2·m·k·n, and a step does each of them three times (forward, gradient of the
input, gradient of the weights). Of the last layer only [CLS] is used, so keys and values are for
all tokens and the rest for one row of each text. Attention's own products are not counted: they
belong to what a step may spend beside its GEMMs, as do embeddings, dropout, LayerNorm, AdamW, and
pooler and head.
"""

import statistics

from figures import Figure, Outcome, number

NAME = "roofline"
TITLE = "A training step against its own GEMM time"
BATCH = 32
WARM_UP = 5  # steps, of step_bench
SQUARE = "2048,2048,2048"


def measure(context):
    outcome = Outcome()
    rows = []
    for case in cases(context):
        for precision in ("bf16", "fp32"):
            rows.append(measure_case(context, outcome, *case, precision))
    outcome.tables.append({
        "title": "Roofline: training steps of 32 texts, dropout on, all weights trained",
        "header": ["model", "texts", "precision", "tokens", "GFLOP", "step, ms", "achieved GFLOP/s",
                   "of the peak", "peak (2048³)", "peak (the step's shapes)"],
        "rows": rows})
    return outcome


def cases(context):
    """Model, texts, steps and rounds: a minute of the largest is enough."""
    few = context.scaled(6, 1)
    most = context.rounds(3)
    return (("MiniLM", "SST-2", context.scaled(43, 2), context.rounds()),
            ("MiniLM", "128 tokens", 2 * few, most),
            ("BERT-base", "SST-2", 2 * few, most),
            ("BERT-base", "128 tokens", context.scaled(3, 1), most))


def measure_case(context, outcome, model, texts, steps, rounds, precision):
    inputs = context.inputs
    steps += WARM_UP
    what = [inputs.model() if model == "MiniLM" else "bert-base",
            inputs.sample("sst2/train", BATCH * steps) if texts == "SST-2" else 128]
    shape = inputs.shape(inputs.model() if model == "MiniLM" else inputs.base_pair()[0])
    shapes = {}  # of the step's products, once a step has told its tokens

    def step():
        found = context.run([context.binary("step_bench"), *what, precision, steps, BATCH]).json()
        shapes.update(gemm_shapes(round(found["tokens"]), *shape))
        return {name: found[name] for name in ("tokens", "gflop", "step_ms")}

    def peak():
        words = " ".join([SQUARE, *shapes])
        return {shape: max(found) for shape, found in context.peer(
            "gemm.py", "--shapes", words, "--dtype", precision, "--threads", context.threads,
            "--rounds", context.scaled(3, 1)).json().items()}

    samples = context.interleave({"step": step, "peak": peak}, rounds)
    tokens, gflop = (samples["step"][0][name] for name in ("tokens", "gflop"))
    times = [found["step_ms"] for found in samples["step"]]
    best = [max(found.values()) for found in samples["peak"]]
    own = [sum(shapes.values()) / sum(amount / found[shape] for shape, amount in shapes.items())
           for found in samples["peak"]]
    name = f"training step, {texts}, {model}, {precision}"
    outcome.raw[name] = {"steps": samples["step"], "shapes": shapes, "peaks": samples["peak"]}
    if precision == context.precision:
        outcome.figures.append(Figure(name, "its GEMMs at the machine's peak", times,
                                      [1e3 * gflop / rate for rate in best], "ms",
                                      bar=("<=", 1.25)))
    achieved = 1e3 * gflop / statistics.median(times)
    square = statistics.median(found[SQUARE] for found in samples["peak"])
    return [model, texts, precision, number(tokens), number(gflop),
            number(statistics.median(times)), number(achieved),
            f"{achieved / statistics.median(best):.0%}", number(square),
            number(statistics.median(own))]


def gemm_shapes(tokens, layers, hidden, inner):
    """{"m,k,n": FLOPs of a step at this shape}: the full layers' products, three of each.

    The last layer's few rows are left out; their FLOPs are spread over these.
    """
    shapes = {}
    for inputs, outputs, count in ((hidden, 3 * hidden, 1), (hidden, hidden, 1),
                                   (hidden, inner, 1), (inner, hidden, 1)):
        for m, k, n in ((tokens, inputs, outputs), (tokens, outputs, inputs),
                        (inputs, tokens, outputs)):
            key = f"{m},{k},{n}"
            shapes[key] = shapes.get(key, 0) + 2 * m * k * n * count * (layers - 1)
    return shapes
