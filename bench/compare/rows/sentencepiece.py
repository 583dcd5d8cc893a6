"""finemix's tokenizers of sentencepiece models against the library, from C++ benchmarks."""

import lines
from figures import Figure, Outcome
from google_benchmark import timings
from process import NotMeasured

NAME = "sentencepiece"
TITLE = "sentencepiece"
OURS, THEIRS = "sentencepiece_finemix/threads:1", "sentencepiece_library/threads:1"
BATCH = "sentencepiece_finemix/threads:2"


def measure(context):
    figures = [Figure("sentencepiece, one thread", "the library itself", bar=(">=", 1.0)),
               Figure("sentencepiece, a batch on 2 threads", "the library itself", bar=(">=", 1.0))]
    try:
        text = lines.write(context, context.scaled(20_000, 1_000), "sentencepiece")
        found = timings(context, [OURS, THEIRS, BATCH], {"FINEMIX_BENCH_TEXT": str(text)})
    except NotMeasured as reason:
        for figure in figures:
            figure.missing = str(reason)
        return Outcome(figures)
    for figure, name in zip(figures, (OURS, BATCH)):
        figure.finemix, figure.peer = found[name], found[THEIRS]
    return Outcome(figures, ["The ids are those of transformers, as unit tests show; the library's own differ."])
