"""The dropout mask, against at::bernoulli_; from the C++ benchmarks of the same names."""

from figures import Figure, Outcome
from google_benchmark import timings
from process import NotMeasured

NAME = "dropout"
TITLE = "Dropout mask"
OURS = {count: f"dropout_mask/threads:{count}" for count in (1, 2)}
THEIRS = "torch_bernoulli/threads:2"


def measure(context):
    figures = [Figure("dropout mask, 2 threads", "at::bernoulli_, 2 threads", unit="ns/element",
                      bar=(">=", 8.0)),
               Figure("dropout mask, 2 threads", "itself, 1 thread", unit="ns/element",
                      bar=(">=", 1.8))]
    try:
        found = timings(context, [*OURS.values(), THEIRS], per_item=True)
    except NotMeasured as reason:
        for figure in figures:
            figure.missing = str(reason)
        return Outcome(figures)
    for figure, peer in zip(figures, (THEIRS, OURS[1])):
        figure.finemix, figure.peer = found[OURS[2]], found[peer]
    return Outcome(figures, [
        "That the share of ones is right, and the mask the same for 1 and 2 threads, is tested by "
        "the unit tests of the kernel."])
