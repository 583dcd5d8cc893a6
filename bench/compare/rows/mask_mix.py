"""The random-mask mix of 110 M weights in memory, against one pass over memory."""

from figures import Figure, Outcome
from google_benchmark import timings
from process import NotMeasured

NAME = "mask"
TITLE = "Random-mask mix in memory"
WEIGHTS = 110_000_000
OURS, LERP, WHERE = "mix_random/threads:2", "torch_lerp/threads:2", "torch_where_rand/threads:2"


def measure(context):
    what = "random-mask mix of 110 M weights, in memory"
    one_pass = Figure(what, "one pass, at::lerp", unit="ns/weight", bar=("<=", 2.5))
    where = Figure(what, "at::where(rand < ρ)", unit="ns/weight", bar=(">=", 10.0))
    outcome = Outcome([one_pass, where])
    try:
        found = timings(context, [OURS, LERP, WHERE], per_item=True)
        one_pass.finemix, one_pass.peer = found[OURS], found[LERP]
        where.finemix, where.peer = found[OURS], found[WHERE]
    except NotMeasured as reason:
        one_pass.missing = where.missing = str(reason)
    python = context.peer("where_mix.py", "--weights", context.scaled(WEIGHTS, WEIGHTS // 100),
                          "--threads", context.threads, "--rounds", context.rounds()).json()
    outcome.raw["python"] = python
    outcome.notes.append(
        "The same in Python with torch, median: lerp {lerp:.3g} s, where(rand < ρ) {where:.3g} s; "
        "kept share {kept:.5f}, asked for {rho}.".format(**python))
    return outcome
