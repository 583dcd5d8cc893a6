"""WordPiece on one thread, against huggingface's tokenizers; the same ids of a million lines."""

from itertools import zip_longest

import lines
from figures import Figure, Outcome
from google_benchmark import timings
from process import NotMeasured

NAME = "wordpiece"
TITLE = "WordPiece on one thread"
OURS = "wordpiece_file/threads:1"
MAX_LENGTH = 512
# Rust's thread pool has one thread too.
ONE_THREAD = {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def measure(context):
    model = context.inputs.model()
    text = lines.write(context, context.scaled(100_000, 2_000), "speed")
    megabytes = (text.stat().st_size - len("text\n")) / 1e6
    bench = Figure("WordPiece, one thread", "huggingface tokenizers, encode_batch_fast",
                   unit="MB/s", more_is_better=True, bar=(">=", 20.0))
    command = Figure("`finemix tokenize --threads 1`, start and printing of ids included",
                     bench.peer_name, unit="MB/s", more_is_better=True)
    outcome = Outcome([bench, command])

    def finemix():
        return megabytes / context.finemix(
            "tokenize", "--model", model, "--data", text, "--max-length", MAX_LENGTH, threads=1,
            output=context.work / "ids-finemix.txt").seconds

    def kernel():
        try:
            seconds = timings(context, [OURS], {"FINEMIX_BENCH_TEXT": str(text),
                                                "FINEMIX_BENCH_MODEL": str(model)}, most=1)
            return megabytes / seconds[OURS][0]
        except NotMeasured as reason:
            bench.missing = str(reason)
            return None

    def peer():
        return megabytes / context.peer("wordpiece.py", "--model", model, "--data", text,
                                        environment=ONE_THREAD).json()["seconds"]

    samples = context.interleave({"kernel": kernel, "command": finemix, "peer": peer})
    bench.finemix, bench.peer = samples["kernel"], samples["peer"]
    command.finemix, command.peer = samples["command"], samples["peer"]
    if bench.missing:
        bench.finemix = []
    bench.same = command.same = agree(context, outcome, model)
    return outcome


def agree(context, outcome, model):
    """The ids of every line of a larger text."""
    text = lines.write(context, context.scaled(1_000_000, 5_000), "agree")
    ours, theirs = context.work / "ids-finemix.txt", context.work / "ids-peer.txt"
    context.finemix("tokenize", "--model", model, "--data", text, "--max-length", MAX_LENGTH,
                    threads=1, output=ours)
    context.peer("wordpiece.py", "--model", model, "--data", text, "--ids", theirs,
                 environment=ONE_THREAD)
    count = different = 0
    with open(ours, "rb") as first, open(theirs, "rb") as second:
        for a, b in zip_longest(first, second):
            count += 1
            if a != b:
                different += 1
                context.say(f"line {count} differs: {a!r} {b!r}") if different < 4 else None
    outcome.notes.append(f"Agreement: {different} of {count:,} lines have other ids; no line is "
                         "there twice.")
    return different == 0
