"""Makes what check_families.py checks: checkpoints of every family in each form in which they come.

Tokenizers are made by the trainers of `tokenizers` and `sentencepiece` from real texts; the models
are tiny, with random weights, and a classifier is fine-tuned from each by a few steps.
"""

import dataclasses
import json
import random
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM, AutoModelForPreTraining
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from make_tiny_families import make_weights
from oracle import tokenize

sys.path.append(str(Path(__file__).resolve().parents[1] / "tokenizer"))
import make_byte_bpe
import make_spm_families

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}
POSITIONS = 136  # for 128 pieces, and positions that follow a padding id
SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
             max_position_embeddings=POSITIONS, initializer_range=0.2)
SIZES_OF = {
    "distilbert": dict(dim=32, n_layers=2, n_heads=4, hidden_dim=48,
                       max_position_embeddings=POSITIONS, initializer_range=0.2),
    "electra": SIZES | dict(embedding_size=16),
    "albert": SIZES | dict(embedding_size=16, num_hidden_layers=3),
}
# The kind of tokenizer that a family comes with; see Tokenizers.
TOKENIZER_OF = {"bert": "wordpiece", "distilbert": "wordpiece", "electra": "wordpiece",
                "roberta": "byte_bpe", "xlm-roberta": "fairseq_spm", "camembert": "fairseq_spm",
                "albert": "albert_spm"}
FAMILIES = list(TOKENIZER_OF)
# The family that a kind of tokenizer is of, where it isn't one that comes with it.
FAMILY_OF = {"wordpiece": "bert", "wordpiece_cased": "bert", "byte_bpe": "roberta",
             "fairseq_spm": "xlm-roberta", "fairseq_spm_bpe": "xlm-roberta"}
BASES = {"masked_lm": AutoModelForMaskedLM, "encoder": AutoModel,
         "pretraining": AutoModelForPreTraining}
# Of the tokenizer's files those that transformers before version 5 wrote.
SETTINGS_OF_OLD = ("tokenizer_config.json", "special_tokens_map.json")


@dataclasses.dataclass
class Case:
    family: str
    form: str = "one_file"         # or "shards", "bin", "bin_shards"
    dtype: str = "F32"
    tokenizer: str = "json"        # tokenizer.json; or "files": those from before it
    kind: str = ""                 # of tokenizer; "": the family's own
    base: str = "masked_lm"        # a key of BASES
    base_form: str = "one_file"
    base_dtype: str = "F32"
    base_tokenizer: str = "json"
    settings: dict = dataclasses.field(default_factory=dict)  # of tokenizer_config.json
    old: bool = False              # the suspect as transformers 3 and 4 wrote it: see make_old
    rows: int = 0                  # word embeddings; 0: as many as tokens
    labels: int = 2
    max_length: int = 128
    pairs: bool = True             # checked with pairs of texts too
    config: dict = dataclasses.field(default_factory=dict)
    note: str = ""
    real: str = ""                 # a directory with a real pre-trained model instead

    def name(self):
        return f"{self.family} {self.form} {self.dtype} {self.tokenizer} {self.note}".rstrip()


class Tokenizers:
    """Directories with the files of a tokenizer, each trained when it is first asked for."""

    def __init__(self, directory, lines, seed):
        self.directory, self.lines, self.seed = directory, lines, seed

    def files(self, kind):
        directory = self.directory / kind
        if not directory.exists():
            directory.mkdir(parents=True)
            self.rng = random.Random(f"{self.seed} {kind}")
            getattr(self, kind)(directory)
        return directory

    def _sample(self):
        return self.rng.sample(self.lines, 3000)

    def _wordpiece(self, directory, specials, **options):
        trainer = BertWordPieceTokenizer(**options)
        trainer.train_from_iterator(self._sample(), vocab_size=self.rng.randint(700, 1200),
                                    special_tokens=specials, show_progress=False)
        trainer.save_model(str(directory))

    def wordpiece(self, directory):
        self._wordpiece(directory, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])

    def wordpiece_cased(self, directory):
        """Its padding isn't 0."""
        self._wordpiece(directory, ["[UNK]", "[CLS]", "[SEP]", "[MASK]", "[PAD]"], lowercase=False)
        (directory / "tokenizer_config.json").write_text(json.dumps(
            {"do_lower_case": False, "tokenizer_class": "BertTokenizer"}))

    def byte_bpe(self, directory):
        trainer = ByteLevelBPETokenizer()
        trainer.train_from_iterator(self._sample(), vocab_size=self.rng.randint(700, 1200),
                                    special_tokens=make_byte_bpe.SPECIAL, show_progress=False)
        make_byte_bpe.write_files(trainer, directory)
        if self.rng.random() < 0.5:
            for name in SETTINGS_OF_OLD:
                (directory / name).unlink()

    def _spm(self, path, settings):
        path.write_bytes(make_spm_families.train(
            self._sample(), vocab_size=self.rng.randint(700, 1200), **settings))

    def albert_spm(self, directory):
        self._spm(directory / "spiece.model", make_spm_families.ALBERT)

    def fairseq_spm(self, directory):
        self._spm(directory / "sentencepiece.bpe.model", {})

    def fairseq_spm_bpe(self, directory):
        self._spm(directory / "sentencepiece.bpe.model", dict(model_type="bpe"))


def write_tokenizer(source, form, case, directory):
    """The tokenizer in `source` as a checkpoint has it."""
    shutil.copytree(source, directory, dirs_exist_ok=True)
    if form == "files":
        return
    AutoConfig.for_model(FAMILY_OF[case.kind] if case.kind else case.family).save_pretrained(
        directory)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    for path in directory.iterdir():
        path.unlink()
    tokenizer.save_pretrained(directory)
    path = directory / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | case.settings))


def shard_names(count, stem, end):
    return [f"{stem}-{i + 1:05d}-of-{count:05d}{end}" for i in range(count)]


def write_weights(tensors, form, directory):
    """A state dict as `torch.save` writes it, in one file or in three."""
    if form == "bin":
        return torch.save(tensors, directory / "pytorch_model.bin")
    files = shard_names(3, "pytorch_model", ".bin")
    weight_map = {name: files[i % 3] for i, name in enumerate(tensors)}
    for file in files:
        torch.save({n: t for n, t in tensors.items() if weight_map[n] == file}, directory / file)
    total = sum(t.nbytes for t in tensors.values())
    (directory / "pytorch_model.bin.index.json").write_text(json.dumps(
        {"metadata": {"total_size": total}, "weight_map": weight_map}))


def old_names(tensors, config):
    """As the oldest published files have it: gamma and beta, and the positions as a tensor."""
    renamed = {name.replace("LayerNorm.weight", "LayerNorm.gamma")
                   .replace("LayerNorm.bias", "LayerNorm.beta"): tensor
               for name, tensor in tensors.items()}
    words = next(name for name in tensors if name.endswith("word_embeddings.weight"))
    positions = words.replace("word_embeddings.weight", "position_ids")
    renamed[positions] = torch.arange(config.max_position_embeddings)[None]
    return renamed


def old_part(part):
    """A pre-tokenizer as `tokenizers` wrote it before 0.15."""
    if isinstance(part, list):
        return [old_part(one) for one in part]
    if not isinstance(part, dict):
        return part
    part = {key: old_part(value) for key, value in part.items()}
    if part.get("type") == "Metaspace":
        part = {"type": "Metaspace", "replacement": part["replacement"],
                "add_prefix_space": part["prepend_scheme"] == "always"}
    return part


def make_old(directory):
    """What the files of a checkpoint said differently before version 5."""
    path = directory / "config.json"
    config = json.loads(path.read_text())
    config["torch_dtype"] = config.pop("dtype")
    config |= dict(transformers_version="4.30.2", position_embedding_type="absolute",
                   gradient_checkpointing=False, _name_or_path="base")
    path.write_text(json.dumps(config))
    path = directory / "tokenizer.json"
    if not path.exists():
        return
    tokenizer = json.loads(path.read_text())
    tokenizer["pre_tokenizer"] = old_part(tokenizer["pre_tokenizer"])
    model = tokenizer["model"]
    for key in ("byte_fallback", "ignore_merges"):
        model.pop(key, None)
    if model["type"] != "Unigram":
        del model["type"]
    if "merges" in model:
        model["merges"] = [" ".join(merge) for merge in model["merges"]]
    path.write_text(json.dumps(tokenizer))
    path = directory / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    for key in ("backend", "is_local", "local_files_only", "extra_special_tokens", "unk_id"):
        settings.pop(key, None)
    settings["tokenizer_class"] += "Fast"
    path.write_text(json.dumps(settings))


def save(model, form, dtype, directory, old=False):
    model = model.to(DTYPES[dtype])
    model.config.dtype = DTYPES[dtype]
    size = sum(p.nbytes for p in model.parameters())
    # The word embeddings alone may fill a shard.
    model.save_pretrained(directory, **(
        {"max_shard_size": f"{max(1, size // 5000)}KB"} if form == "shards" else {}))
    if old:
        path = directory / "model.safetensors"
        save_file(old_names(load_file(path), model.config), path, metadata={"format": "pt"})
        make_old(directory)
    if form.startswith("bin"):
        for path in directory.glob("model*.safetensors*"):
            path.unlink()
        tensors = model.state_dict()
        write_weights(old_names(tensors, model.config) if old else tensors, form, directory)
    elif form == "shards" and len(list(directory.glob("model-*.safetensors"))) < 3:
        raise RuntimeError(f"{directory}: expected three shards at least")


def make_config(case, tokenizer):
    settings = SIZES_OF.get(case.family, SIZES) | dict(
        vocab_size=case.rows or len(tokenizer), pad_token_id=tokenizer.pad_token_id)
    return AutoConfig.for_model(case.family, **settings | case.config)


def make_base(case, config, seed):
    torch.manual_seed(seed)
    model = BASES[case.base].from_config(config)
    make_weights(model, seed)
    return model


def set_labels(config, labels):
    names = [f"LABEL_{i}" for i in range(labels)] if labels == 2 else \
        ["negative", "neutral", "positive", "mixed"][:labels]
    config.id2label = dict(enumerate(names))
    config.label2id = {name: i for i, name in enumerate(names)}


def fine_tune(case, base, tokenizer, texts, seed):
    """A classifier from the pre-trained model in `base`: eight steps on `texts`."""
    torch.manual_seed(seed)
    config = AutoConfig.from_pretrained(base)
    set_labels(config, case.labels)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, config=config, dtype=torch.float32)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4 if case.real else 2e-3)
    for step in range(8):
        rows = texts[8 * step:8 * step + 8]
        inputs = tokenize(tokenizer, rows, 32, padding="longest", return_tensors="pt")
        labels = torch.tensor([i % case.labels for i in range(len(rows))])
        optimizer.zero_grad()
        model(**inputs, labels=labels).loss.backward()
        optimizer.step()
    return model.eval()


def make_pair(case, tokenizers, texts, seed, directory):
    """DIRECTORY/base and DIRECTORY/suspect. Returns the suspect's tokenizer."""
    base, suspect = directory / "base", directory / "suspect"
    if case.real:
        shutil.copytree(case.real, base)
        tokenizer = AutoTokenizer.from_pretrained(base)
        tokenizer.save_pretrained(suspect)
    else:
        source = tokenizers.files(case.kind or TOKENIZER_OF[case.family])
        write_tokenizer(source, case.base_tokenizer, case, base)
        write_tokenizer(source, case.tokenizer, case, suspect)
        # AutoTokenizer asks for a config.json.
        AutoConfig.for_model(case.family).save_pretrained(base)
        tokenizer = AutoTokenizer.from_pretrained(base)
        save(make_base(case, make_config(case, tokenizer), seed), case.base_form, case.base_dtype,
             base)
    model = fine_tune(case, base, tokenizer, texts, seed + 1)
    save(model, case.form, case.dtype, suspect, case.old)
    return AutoTokenizer.from_pretrained(suspect)
