"""Eight short purifications in one process, against eight processes of finemix."""

from figures import Figure, Outcome
from process import NotMeasured

NAME = "sweep"
TITLE = "A sweep in one process"
RHOS, SEEDS = (0.1, 0.2, 0.3, 0.4), (0, 1)


def measure(context):
    inputs = context.inputs
    figure = Figure("sweep of 8 short runs, MiniLM, 64 examples", "8 processes of finemix",
                    bar=(">=", 1.5))
    try:
        bench = context.binary("sweep_bench")
    except NotMeasured as reason:
        figure.missing = str(reason)
        return Outcome([figure])
    files = ["--pretrained", inputs.model(), "--backdoored", inputs.classifier(), "--clean-data",
             inputs.sample("sst2/train", 64, balanced=True), "--test-data",
             inputs.sample("sst2/test", context.scaled(1821, 64))]
    epochs = context.scaled(2, 1)
    found = {}

    def one():
        done = context.run([bench, *files, "--epochs", epochs, "--threads", context.threads,
                            "--rho", *RHOS, "--seeds", *SEEDS])
        found["one"] = {(cell["rho"], cell["seed"]): cell["accuracy"]
                        for cell in done.json()["cells"]}
        return done.seconds

    def eight():
        seconds, found["eight"] = 0.0, {}
        for rho in RHOS:
            for seed in SEEDS:
                done = context.finemix(
                    "purify", *files, "--method", "fine-mixing", "--rho", rho, "--epochs", epochs,
                    "--seed", seed, "--output", context.scratch("swept"), "--json")
                seconds += done.seconds
                found["eight"][(rho, seed)] = done.json()["after"]["accuracy"]["value"]
        return seconds

    samples = context.interleave({"one": one, "eight": eight}, context.rounds(3))
    figure.finemix, figure.peer = samples["one"], samples["eight"]
    figure.same = found["one"] == found["eight"]
    return Outcome([figure], ["Agreement: the eight accuracies after purification must be equal."])
