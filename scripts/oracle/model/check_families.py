#!/usr/bin/env python3
"""Every family in every form of a checkpoint: what finemix makes of it, beside transformers.

check_families.py FINEMIX DATA [--seed N] [--only TEXT] [--keep DIR] [--real DIR]

FINEMIX is the program, DATA the directory with the texts. Each case is a tiny random pre-trained
model that transformers writes, and a classifier fine-tuned from it: see family_cases.py. Checked
are ids and logits, a purified model in transformers, mixes at both ends, bases that do not belong,
and what `inspect` says. Fails when anything is wrong; --seed repeats a run.
"""

import argparse
import json
import math
import os
import random
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

import family_cases
from check_checkpoint import TOLERANCE, load
from family_cases import DTYPES, FAMILIES, Case
from oracle import compute_logits, set_up, tokenize

import generated_lines
import library
import make_spm_families

MISMATCH = 5  # finemix's exit code
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}  # no model here is worth a second thread
METHODS = ["fine-tuning", "fine-pruning", "fine-mixing", "fine-mixing-sel", "weight-average",
           "ties", "dare", "fine-purifying", "distillation"]
# form, precision, tokenizer's form, pre-trained model: class, form, precision, tokenizer's form
FORMS = [
    ("one_file", "F32", "files", "masked_lm", "one_file", "F32", "files"),
    ("one_file", "BF16", "json", "encoder", "shards", "F32", "files"),
    ("one_file", "F64", "json", "pretraining", "bin", "F64", "json"),
    ("shards", "F32", "json", "pretraining", "one_file", "F16", "json"),
    ("shards", "F16", "files", "masked_lm", "bin", "F32", "json"),
    ("bin", "F32", "files", "masked_lm", "bin_shards", "F32", "files"),
    ("bin", "BF16", "json", "encoder", "bin", "BF16", "files"),
    ("bin_shards", "F64", "files", "encoder", "one_file", "F32", "json"),
    ("bin_shards", "F16", "json", "masked_lm", "shards", "BF16", "json"),
]
UNSUPPORTED = {
    "gpt2": dict(n_embd=32, n_layer=1, n_head=2), "t5": dict(d_model=32, d_ff=32, num_layers=1),
    "deberta-v2": dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2),
    "mpnet": dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2),
    "xlnet": dict(d_model=32, n_layer=1, n_head=2, d_inner=32),
    "modernbert": dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2),
}


def forms():
    for family in FAMILIES:
        for form in FORMS:
            yield Case(family, *form[:3], base=form[3], base_form=form[4], base_dtype=form[5],
                       base_tokenizer=form[6])


def unusual():
    """What published checkpoints have besides."""
    def case(family, note, config=None, **more):
        return Case(family, note=note, config=config or {}, **more)

    multilingual = dict(kind="fairseq_spm", tokenizer="json")
    yield case("bert", "three labels, cased", dict(hidden_act="gelu_new", layer_norm_eps=3e-7),
               labels=3, kind="wordpiece_cased", tokenizer="files", base_tokenizer="files")
    yield case("bert", "old files", base="encoder", old=True, tokenizer="files")
    yield case("bert", "old files", base="encoder", old=True, kind="wordpiece_cased")
    yield case("bert", "old files", base="pretraining", old=True, form="bin")
    yield case("bert", "one type, relu", dict(hidden_act="relu", type_vocab_size=1,
                                              classifier_dropout=0.3), rows=1280, pairs=False)
    yield case("bert", "sentencepiece", **multilingual)
    yield case("bert", "class of any tokenizer.json",
               settings=dict(tokenizer_class="PreTrainedTokenizerFast"))
    yield case("bert", "byte-level BPE", kind="byte_bpe")
    yield case("roberta", "514 positions, one type", dict(
        max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, classifier_dropout=0.0,
        tie_word_embeddings=False), form="bin_shards", tokenizer="files")
    yield case("roberta", "padding is 3, silu", dict(pad_token_id=3, hidden_act="silu"), labels=3)
    yield case("roberta", "old files", old=True, form="bin", tokenizer="files", rows=1280)
    yield case("roberta", "old files", old=True)
    yield case("roberta", "WordPiece, one type", dict(type_vocab_size=1, pad_token_id=0),
               kind="wordpiece", pairs=False)
    yield case("roberta", "sentencepiece", **multilingual)
    yield case("xlm-roberta", "514 positions, three labels", dict(
        max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5), labels=3, rows=1280)
    yield case("xlm-roberta", "BPE of sentencepiece", kind="fairseq_spm_bpe", tokenizer="files")
    yield case("xlm-roberta", "old files", old=True)
    yield case("camembert", "old files", old=True, form="bin")
    yield case("camembert", "514 positions, relu", dict(
        max_position_embeddings=514, type_vocab_size=1, hidden_act="relu"), labels=4)
    yield case("distilbert", "sinusoidal", dict(sinusoidal_pos_embds=True, activation="relu"))
    yield case("distilbert", "three labels", dict(seq_classif_dropout=0.4, dropout=0.0), labels=3,
               rows=1280, form="bin", tokenizer="files")
    yield case("distilbert", "sentencepiece", **multilingual)
    yield case("electra", "one width, generator", dict(embedding_size=32, hidden_act="gelu_new"),
               base="masked_lm")
    yield case("electra", "old files", old=True, labels=3)
    yield case("distilbert", "old files", old=True)
    yield case("albert", "old files", old=True)
    yield case("albert", "two groups", dict(num_hidden_groups=2, num_hidden_layers=4,
                                            classifier_dropout_prob=0.3))
    yield case("albert", "two inner layers, one width", dict(
        num_hidden_groups=2, num_hidden_layers=4, inner_group_num=2, embedding_size=32,
        hidden_act="gelu"), labels=3, form="bin", tokenizer="files")
    yield case("albert", "with type ids", settings=dict(
        model_input_names=["input_ids", "token_type_ids", "attention_mask"]))
    yield case("albert", "cut to 24 pieces", max_length=24)
    yield case("albert", "WordPiece, 1280 rows", kind="wordpiece", rows=1280)


class Wrong(Exception):
    """What is not as it should be."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class Texts:
    def __init__(self, data):
        def rows(name, count):
            return [r if isinstance(r, tuple) else (r,)
                    for r in library.read_rows(data / name)[:count]]

        self.lines = list(make_spm_families.training_lines(data))
        self.short = rows("sst2/train.tsv", 3000)
        self.single = rows("sst2/test.tsv", 1500), rows("imdb/test.tsv", 500), \
            rows("amazon/test.tsv", 1000)
        self.pairs = rows("qnli/test.tsv", 1500), rows("qqp/test.tsv", 1500)

    def of_single(self, rng):
        texts = rng.sample(self.single[0], 18) + rng.sample(self.single[1], 8) + \
            rng.sample(self.single[2], 12)
        texts += [(generated_lines.line(rng.randrange(10**9)),) for _ in range(24)]
        return texts + [("",), ("a <mask> [SEP] </s> <pad>[PAD] [MASK]<s>",)]

    def of_pairs(self, rng):
        texts = [text for rows in self.pairs for text in rng.sample(rows, 20)]
        return texts + [tuple(generated_lines.line(rng.randrange(10**9)) for _ in range(2))
                        for _ in range(24)]


def write_data(path, texts, labels):
    with open(path, "w", encoding="utf-8") as file:
        for i, text in enumerate(texts):
            names = ("text",) if len(text) == 1 else ("text_a", "text_b")
            file.write(json.dumps(dict(zip(names, text)) | {"label": i % labels}) + "\n")
    return path


def read_tensors(directory):
    """{name: (tensor, file)} of all weight files."""
    files = sorted(directory.glob("*.safetensors"))
    files = files or sorted(directory.glob("pytorch_model*.bin"))
    tensors = {}
    for file in files:
        of_file = load_file(file) if file.suffix == ".safetensors" else \
            torch.load(file, weights_only=True)
        tensors.update({name: (tensor, file.name) for name, tensor in of_file.items()})
    return tensors


class Checks:
    """The checks of one case; its directory has base/ and suspect/."""

    def __init__(self, program, case, directory, texts, rng, tokenizer):
        self.program, self.case, self.directory, self.rng = program, case, directory, rng
        self.tokenizer = tokenizer
        self.base, self.suspect = directory / "base", directory / "suspect"
        self.texts = {"single": texts.of_single(rng)}
        if case.pairs:
            self.texts["pairs"] = texts.of_pairs(rng)
        self.data = {name: write_data(directory / f"{name}.jsonl", rows, case.labels)
                     for name, rows in self.texts.items()}
        self.clean = write_data(directory / "clean.jsonl", rng.sample(texts.short, 32), case.labels)
        self.model = load(self.suspect) if not case.old else \
            AutoModelForSequenceClassification.from_pretrained(
                self.suspect, dtype=torch.float32).eval()
        self.same_ids = "-"  # of how many texts
        self.apart = {}      # largest differences of logits
        self.method = rng.choice(METHODS)

    def finemix(self, *arguments, code=0):
        run = subprocess.run([self.program, *map(str, arguments)], env=ENVIRONMENT,
                             capture_output=True, text=True)
        expect(run.returncode == code, f"finemix {arguments[0]}: exit code {run.returncode}, "
               f"expected {code}: {run.stderr.strip()[-400:]}")
        return run

    def ids(self):
        wrong, texts = [], 0
        for name, rows in self.texts.items():
            texts += len(rows)
            run = self.finemix("tokenize", "--model", self.suspect, "--data", self.data[name],
                               "--max-length", self.case.max_length)
            ours = [[int(id) for id in line.split()] for line in run.stdout.splitlines()]
            theirs = tokenize(self.tokenizer, rows, self.case.max_length)["input_ids"]
            expect(len(ours) == len(theirs), f"{len(ours)} rows of ids, expected {len(theirs)}")
            wrong += [(rows[i], ours[i], theirs[i]) for i in range(len(rows))
                      if ours[i] != theirs[i]]
        self.same_ids = f"{texts - len(wrong)}/{texts}"
        expect(not wrong, f"ids of {len(wrong)} texts differ, such as {str(wrong[:1])[:600]}")

    def logits_of(self, directory, model, what):
        worst = 0.0
        for name, rows in self.texts.items():
            path = self.directory / f"{what}-{name}.predictions"
            self.finemix("eval", "--model", directory, "--data", self.data[name], "--quiet",
                         "--predictions", path, "--max-length", self.case.max_length)
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            theirs = compute_logits(model, self.tokenizer, rows, self.case.max_length, batch_size=1)
            ours = torch.tensor([line["logits"] for line in lines])
            expect(ours.shape == theirs.shape, f"logits of shape {tuple(ours.shape)}")
            expect([line["label"] for line in lines] == ours.argmax(1).tolist(), "labels")
            difference = (ours - theirs).abs().max().item()
            self.apart[f"{what}-{name}"] = difference
            worst = math.nan if math.isnan(difference) else max(worst, difference)
        expect(worst <= TOLERANCE, f"logits of {what} differ by {worst:.2g}")

    def logits(self):
        self.logits_of(self.suspect, self.model, "suspect")

    def purified(self):
        output = self.directory / "purified"
        arguments = ["--distill-texts", "60"] if self.method == "distillation" else []
        if self.method != "fine-tuning":
            arguments += ["--rho", "0.5"]
        self.finemix("purify", "--pretrained", self.base, "--backdoored", self.suspect,
                     "--clean-data", self.clean, "--output", output, "--method",
                     self.method, "--epochs", "2", "--top-k", "20", "--quiet", *arguments)
        self.finemix("verify", output)
        # As transformers would take it, its precision too.
        model, info = AutoModelForSequenceClassification.from_pretrained(
            output, output_loading_info=True, dtype="auto")
        wrong = {what: sorted(found) for what, found in info.items() if found}
        expect(not wrong, f"transformers finds the purified model's {wrong}")
        expect(model.dtype == DTYPES[self.case.dtype], f"the purified model is {model.dtype}")
        configs = [json.loads((d / "config.json").read_text()) for d in (self.suspect, output)]
        expect(configs[0] == configs[1], f"config.json differs: {configs}")
        self.same_layout(read_tensors(output), self.method)
        expect(len(AutoTokenizer.from_pretrained(output)) == len(self.tokenizer), "tokenizer")
        self.logits_of(output, model.float().eval(), "purified")

    def same_layout(self, written, what):
        """Names, files, shapes and types are the suspect's, but for buffers."""
        def layout(tensors):
            return {name: (file.replace("pytorch_model", "model").replace(".bin", ".safetensors"),
                           tensor.dtype, tensor.shape)
                    for name, (tensor, file) in tensors.items() if not name.endswith("_ids")}

        ours, theirs = layout(written), layout(read_tensors(self.suspect))
        differ = [(n, ours.get(n), theirs.get(n)) for n in sorted({*ours, *theirs})
                  if ours.get(n) != theirs.get(n)]
        expect(not differ, f"tensors after {what} differ: {differ[:3]}")

    def mix(self, base, rho, output, *arguments, code=0):
        return self.finemix("mix", "--pretrained", base, "--backdoored", self.suspect, "--rho", rho,
                            "--output", self.directory / output, "--quiet", *arguments, code=code)

    def mixed(self):
        suspect = read_tensors(self.suspect)
        self.mix(self.base, 1, "rho-1")
        written = read_tensors(self.directory / "rho-1")
        self.same_layout(written, "mix --rho 1")
        for name, (tensor, _) in written.items():
            expect(torch.equal(tensor.view(torch.uint8), suspect[name][0].view(torch.uint8)),
                   f"mix --rho 1: {name} is not the suspect's")
        self.mix(self.base, 0, "rho-0")
        self.same_layout(read_tensors(self.directory / "rho-0"), "mix --rho 0")
        mixed = load(self.directory / "rho-0").state_dict()
        base, missing = self.base_as_classifier()
        for name, tensor in mixed.items():
            wanted = self.model.state_dict()[name] if name in missing else \
                base.state_dict()[name].to(DTYPES[self.case.dtype]).float()
            expect(torch.equal(tensor, wanted), f"mix --rho 0: {name} is not " + (
                "the suspect's" if name in missing else "pre-trained"))

    def base_as_classifier(self):
        model, info = AutoModelForSequenceClassification.from_pretrained(
            self.base, config=self.model.config, output_loading_info=True, dtype=torch.float32)
        return model, set(info["missing_keys"])

    def strangers(self, others):
        """Bases that the suspect was not made from."""
        config = AutoConfig.from_pretrained(self.base)
        stranger = self.directory / "stranger"
        family_cases.save(family_cases.make_base(
            Case(self.case.family, base="encoder"), config, self.rng.randrange(2**31)),
            "one_file", "F32", stranger)
        AutoTokenizer.from_pretrained(self.base).save_pretrained(stranger)
        run = self.mix(stranger, 0.5, "refused", code=MISMATCH)
        expect("was not fine-tuned from" in run.stderr and "cosine" in run.stderr, run.stderr)
        self.mix(stranger, 0.5, "forced", "--force")

        larger = self.directory / "larger"
        tokenizer = AutoTokenizer.from_pretrained(self.base)
        tokenizer.add_tokens([f"zzq{i}" for i in range(5)])
        model = family_cases.BASES[self.case.base].from_pretrained(self.base)
        model.resize_token_embeddings(config.vocab_size + 8)
        model.save_pretrained(larger)
        tokenizer.save_pretrained(larger)
        run = self.mix(larger, 0.5, "refused", code=MISMATCH)
        expect("tokens" in run.stderr, run.stderr)
        self.mix(larger, 0, "shared", "--vocab-mismatch", "shared-rows")
        mixed, wanted = (load(self.directory / d).state_dict() for d in ("shared", "rho-0"))
        words = next(n for n in wanted if n.endswith("word_embeddings.weight"))
        rows = len(self.tokenizer)
        for name in wanted:
            expect(torch.equal(mixed[name][:rows], wanted[name][:rows]) if name == words
                   else torch.equal(mixed[name], wanted[name]), f"shared-rows: {name}")
        for other in others:
            run = self.mix(other, 0.5, "refused", "--force", code=MISMATCH)

    def inspected(self):
        base, missing = self.base_as_classifier()
        stored = sum(p.numel() for n, p in base.named_parameters() if n not in missing)
        for directory, parameters in ((self.suspect, self.model.num_parameters()),
                                      (self.base, stored)):
            run = self.finemix("inspect", directory, "--json")
            found = json.loads(run.stdout)
            for key, value in dict(family=self.case.family, parameters=parameters, model_error=None,
                                   has_classifier=directory == self.suspect).items():
                expect(found[key] == value, f"inspect {directory.name}: {key} is {found[key]}, "
                       f"expected {value}")
            expect(found["tokenizer"]["vocabulary_size"] == len(self.tokenizer),
                   f"inspect: {found['tokenizer']}, expected {len(self.tokenizer)} tokens")
            plain = directory == self.suspect and not self.case.rows and not self.case.old
            if plain and not self.case.form.startswith("bin"):
                expect(not found["findings"], f"inspect finds {found['findings']}")

    def row(self, found):
        differences = "".join(
            f"{self.apart[key]:<9.1e}" if key in self.apart else " " * 9
            for key in (f"{what}-{name}" for what in ("suspect", "purified")
                        for name in ("single", "pairs")))
        return (f"{self.case.name():60} {self.same_ids:8}{differences}{self.method:16}"
                f"{'; '.join(found) or 'ok'}")

    def run(self, others):
        """What is wrong, a sentence each."""
        wrong = []
        for check in (self.ids, self.logits, self.purified, self.mixed,
                      lambda: self.strangers(others), self.inspected):
            try:
                check()
            except Wrong as error:
                wrong.append(str(error))
        return wrong


def check_unsupported(program, directory):
    """Models of other types are refused, and what is supported is named."""
    wrong = []
    for kind, sizes in UNSUPPORTED.items():
        path = directory / f"unsupported-{kind}"
        AutoModelForSequenceClassification.from_config(AutoConfig.for_model(
            kind, **dict(vocab_size=100, pad_token_id=0), **sizes)).save_pretrained(path)
        data = write_data(directory / "one.jsonl", [("a",)], 2)
        eval_run = subprocess.run([program, "eval", "--model", path, "--data", data],
                                  capture_output=True, text=True)
        run = subprocess.run([program, "mix", "--pretrained", path, "--backdoored", path],
                             capture_output=True, text=True)
        inspect = subprocess.run([program, "inspect", path, "--json"], capture_output=True,
                                 text=True)
        said = run.stderr.strip().splitlines()[-1:]
        print(f"{kind}: exit codes {eval_run.returncode} {run.returncode} {inspect.returncode}: "
              f"{said}")
        for one in (eval_run, run):
            if one.returncode != MISMATCH or not all(f in one.stderr for f in FAMILIES):
                wrong.append(f"{kind}: {one.returncode}: {one.stderr}")
        if inspect.returncode != 0 or not json.loads(inspect.stdout)["model_error"]:
            wrong.append(f"inspect {kind}: {inspect.returncode}: {inspect.stderr}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("finemix", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--keep", type=Path, help="where the checkpoints are left")
    parser.add_argument("--real", type=Path, help="a real pre-trained model, checked too")
    options = parser.parse_args()
    set_up()
    print(f"seed {options.seed}")
    program = options.finemix.resolve()
    texts = Texts(options.data)
    cases = [*forms(), *unusual()]
    if options.real:
        family = AutoConfig.from_pretrained(options.real).model_type
        cases += [Case(family, form, dtype, base="encoder", real=str(options.real), note="real")
                  for form, dtype in (("one_file", "F32"), ("bin_shards", "BF16"))]
    cases = [case for case in cases if options.only in case.name()]
    wrong, bases = [], {}
    print(f"{'':61}{'same ids':8} {'logits apart':17} {'of the purified':17} {'by'}\n"
          f"{'family, form, precision, tokenizer':61}{'':8} {'single   pairs    ' * 2}")
    with tempfile.TemporaryDirectory() as temporary:
        root = options.keep or Path(temporary)
        tokenizers = family_cases.Tokenizers(root / "tokenizers", texts.lines, options.seed)
        for number, case in enumerate(cases):
            rng = random.Random(f"{options.seed} {case.name()}")
            directory = root / f"{number:03d}"
            directory.mkdir(parents=True)
            tokenizer = family_cases.make_pair(case, tokenizers, rng.sample(texts.short, 64),
                                               rng.randrange(2**31), directory)
            checks = Checks(program, case, directory, texts, rng, tokenizer)
            found = checks.run([b for f, b in bases.items() if f != case.family][:2])
            bases.setdefault(case.family, checks.base)
            print(checks.row(found), flush=True)
            wrong += found
        if not options.only:
            wrong += check_unsupported(program, root)
    print(f"{len(cases)} cases, {len(wrong)} things wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
