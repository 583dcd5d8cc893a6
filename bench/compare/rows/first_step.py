"""From the start of the program to its first optimizer step, whole process, checkpoint written."""

from figures import Figure, Outcome, number

NAME = "first-step"
TITLE = "Start to first optimizer step"


def measure(context):
    inputs = context.inputs
    data = inputs.sample("sst2/train", 32)
    steps, losses = {}, {}

    def finemix():
        done = context.finemix("train", "--pretrained", inputs.model(), "--data", data, "--output",
                               context.scratch("one-step"), "--epochs", 1, "--json")
        steps["finemix"], losses["finemix"] = done.json()["steps"], done.json()["loss"]
        return done.seconds

    bf16 = ["--bf16"] * (context.precision == "bf16")

    def peer():
        done = context.peer("train.py", "--pretrained", inputs.model(), "--data", data, *bf16,
                            "--output", context.scratch("one-step-peer"), "--threads",
                            context.threads)
        steps["peer"], losses["peer"] = done.json()["steps"], done.json()["loss"]
        return done.seconds

    samples = context.interleave({"finemix": finemix, "peer": peer})
    same = steps["finemix"] == steps["peer"] == 1 and abs(losses["finemix"] - losses["peer"]) < 0.2
    return Outcome(
        [Figure("start to first step, whole process, MiniLM", "transformers script",
                samples["finemix"], samples["peer"], bar=(">=", 5.0), same=same)],
        [f"Agreement: one step each; losses of new heads {number(losses['finemix'])} and "
         f"{number(losses['peer'])} (ln 2 is 0.693)."])
