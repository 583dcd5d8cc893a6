"""A training step over the time that its matrix products alone need at this machine's peak.

The FLOPs of a step are counted, not measured. With T tokens and B texts in the batch, L layers, and
hidden and intermediate sizes H and I, a product of an (m, k) and a (k, n) matrix takes 2·m·k·n; a
training step does each of them three times (forward, gradient of the input, gradient of the
weights), hence 6. A full layer multiplies every token with 4·H² (queries, keys, values, output) and
2·H·I (feed-forward) weights. Of the last layer only [CLS] is used, so keys and values (2·H²) are
for all tokens and the rest (2·H² + 2·H·I) for one row of each text; the pooler adds H² and the head
2·H. Attention's own products are not counted: they belong to what a step may spend beside its
GEMMs, as do embeddings, dropout, LayerNorm, AdamW and padding.
"""

import statistics

from figures import Figure, Outcome, number

NAME = "roofline"
TITLE = "A training step against its own GEMM time"
BATCH = 32
SQUARE = "2048,2048,2048"


def measure(context):
    outcome = Outcome()
    rows = []
    for model, directory, texts, steps, rounds in cases(context):
        for precision in ("bf16", "fp32"):
            rows.append(case(context, outcome, model, directory, texts, steps, rounds, precision))
    outcome.tables.append({
        "title": "Roofline: training steps of 32 texts, dropout on, all weights trained",
        "header": ["model", "texts", "precision", "tokens", "GFLOP", "step, ms", "achieved GFLOP/s",
                   "of the peak", "peak (2048³)", "peak (the step's shapes)"],
        "rows": rows})
    return outcome


def cases(context):
    """Model, checkpoint, texts, steps of a run and rounds: a minute of the largest is enough."""
    inputs = context.inputs
    base = inputs.base_pair()[0]
    few = context.scaled(6, 1)
    most = context.rounds(3)

    def sst2(steps):
        return "SST-2", inputs.sample("sst2/train", BATCH * steps), steps

    def long(steps):
        return "128 tokens", inputs.of_length(128, BATCH * steps), steps

    for model, directory, (texts, data, steps), rounds in (
            ("MiniLM", inputs.model(), sst2(context.scaled(48, 2)), context.rounds()),
            ("MiniLM", inputs.model(), long(2 * few), most),
            ("BERT-base", base, sst2(2 * few), most),
            ("BERT-base", base, long(context.scaled(3, 1)), 1)):
        yield model, directory, (texts, data), steps, rounds


def case(context, outcome, model, directory, texts, steps, rounds, precision):
    layers, hidden, inner = context.inputs.shape(directory)
    tokens = count_tokens(context, directory, texts[1]) / steps
    shapes = gemm_shapes(round(tokens), layers, hidden, inner)
    flops = step_flops(tokens, layers, hidden, inner)

    def step():
        found = context.finemix("train", "--pretrained", directory, "--data", texts[1], "--output",
                                context.scratch("trained"), "--precision", precision, "--epochs",
                                1, "--json").json()
        return found["seconds"] / found["steps"]

    def peak():
        words = " ".join([SQUARE, *shapes])
        return {shape: max(found) for shape, found in context.peer(
            "gemm.py", "--shapes", words, "--dtype", precision, "--threads", context.threads,
            "--rounds", context.scaled(3, 1)).json().items()}

    samples = context.interleave({"step": step, "peak": peak}, rounds)
    best = [max(found.values()) for found in samples["peak"]]
    own = [sum(shapes.values()) / sum(amount / found[shape] for shape, amount in shapes.items())
           for found in samples["peak"]]
    name = f"training step, {texts[0]}, {model}, {precision}"
    barred = ("MiniLM", "SST-2", context.precision)
    bar = ("<=", 1.25) if (model, texts[0], precision) == barred else None
    outcome.raw[name] = {"tokens": tokens, "flops": flops, "shapes": shapes,
                         "peaks": samples["peak"]}
    for what, rates in (("its GEMMs at the machine's peak", best),
                        ("its GEMMs at their own shapes' peak", own)):
        if bar:
            outcome.figures.append(Figure(name, what, [1e3 * s for s in samples["step"]],
                                          [flops / rate / 1e6 for rate in rates], "ms", bar=bar))
    seconds, peak_rate = statistics.median(samples["step"]), statistics.median(best)
    achieved = flops / seconds / 1e9
    square = statistics.median(found[SQUARE] for found in samples["peak"])
    return [model, texts[0], precision, number(tokens), number(flops / 1e9), number(1e3 * seconds),
            number(achieved), f"{achieved / peak_rate:.0%}", number(square),
            number(statistics.median(own))]


def step_flops(tokens, layers, hidden, inner, texts=BATCH, labels=2):
    """Of one training step; the module's text says how they are counted."""
    layer = 4 * hidden**2 + 2 * hidden * inner
    last = 2 * hidden**2
    row = 2 * hidden**2 + 2 * hidden * inner + hidden**2 + hidden * labels
    return 6 * (tokens * ((layers - 1) * layer + last) + texts * row)


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


def count_tokens(context, directory, data):
    """Word pieces of all texts, special tokens included."""
    ids = context.work / "ids.txt"
    context.finemix("tokenize", "--model", directory, "--data", data, output=ids)
    with open(ids, "rb") as file:
        return sum(line.count(b" ") + 1 for line in file)
