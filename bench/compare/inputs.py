"""Data and checkpoints that rows share: made once in the work folder, from the seeds here."""

import json
import random
import shutil
from pathlib import Path

from process import NotMeasured


def rows_of(path):
    """Header and lines of a data file."""
    with open(path, encoding="utf-8", newline="\n") as file:
        header, *lines = file.read().rstrip("\n").split("\n")
    return header, lines


class Inputs:
    def __init__(self, data, minilm, work):
        self.data, self.minilm, self.work = Path(data), Path(minilm), Path(work)
        self.context = None  # set by main: what makes checkpoints has to run programs

    def file(self, name):
        """A data set's file, "sst2/train"."""
        path = self.data / f"{name}.tsv"
        if not path.is_file():
            raise NotMeasured(f"no {name}.tsv in the folder that --data names")
        return path

    def model(self):
        if not (self.minilm / "config.json").is_file():
            raise NotMeasured("no checkpoint in the folder that --minilm names")
        return self.minilm

    def sample(self, name, count, balanced=False):
        """`count` lines of a data set as a file: always the same ones.

        `balanced` takes as many of each label. More lines than there are come round again.
        """
        path = self.work / f"{name.replace('/', '-')}-{count}{'-balanced' * balanced}.tsv"
        if not path.is_file():
            header, lines = rows_of(self.file(name))
            random.Random(0).shuffle(lines)
            if balanced:
                half = count // 2
                lines = [line for label in "01"
                         for line in [x for x in lines if x.endswith("\t" + label)][:half]]
            while len(lines) < count:
                lines = lines + lines
            write(path, header, lines[:count])
        return path

    def of_length(self, pieces, count):
        """`count` texts of exactly `pieces` word pieces, [CLS] and [SEP] included.

        Every word is one piece of the vocabulary, so that no tokenizer is needed to count.
        """
        path = self.work / f"length-{pieces}-{count}.tsv"
        if not path.is_file():
            vocabulary = (self.model() / "vocab.txt").read_text("utf-8").split("\n")
            words = [w for w in vocabulary if w.isascii() and w.isalpha() and w.islower()]
            rng = random.Random(pieces)
            lines = [f"{' '.join(rng.choices(words, k=pieces - 2))}\t{i % 2}"
                     for i in range(count)]
            write(path, "text\tlabel", lines)
        return path

    def classifier(self):
        """MiniLM fine-tuned on SST-2 by finemix."""
        path = self.work / "classifier"
        if not (path / "manifest.json").is_file():
            self.context.say("making the SST-2 classifier")
            data = self.sample("sst2/train", self.context.scaled(6920, 256))
            self.context.finemix("train", "--pretrained", self.model(), "--data", data,
                                 "--output", path, "--overwrite", "--epochs", 1)
        return path

    def base_pair(self):
        """Two classifiers of BERT-base's size: random weights, and the same moved a little."""
        paths = (self.work / "base-pretrained", self.work / "base-suspect")
        if not all((path / "model.safetensors").is_file() for path in paths):
            self.context.say("making two checkpoints of BERT-base's size")
            self.context.peer("make_base.py", "--tokenizer", self.model(), *paths)
        return paths

    def shape(self, directory):
        """Layers, hidden size and intermediate size of a checkpoint."""
        config = json.loads((Path(directory) / "config.json").read_text("utf-8"))
        return (config["num_hidden_layers"], config["hidden_size"], config["intermediate_size"])

    def free_bytes(self):
        return shutil.disk_usage(self.work).free


def write(path, header, lines):
    """Whole or not at all: an interrupted run leaves no half of an input to the next one."""
    part = path.with_suffix(".part")
    part.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8", newline="\n")
    part.rename(path)
