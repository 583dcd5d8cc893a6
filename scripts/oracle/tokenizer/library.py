"""The `tokenizers` package, set up by transformers where a directory has more than a tokenizer.json."""

import contextlib
import csv
import io
import json
import pathlib
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, WordPiece

ROLES = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def bert_tokenizer(vocabulary, normalizer, **model):
    """A BERT tokenizer over a list of tokens; `normalizer` holds BertNormalizer's options. For those
    that no class of transformers sets."""
    ids = {token: id for id, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]", **model))
    tokenizer.normalizer = normalizers.BertNormalizer(**normalizer)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in ROLES.values() if t in ids])
    return tokenizer


# Classes of transformers over sentencepiece models, and the model_type of each in config.json.
MODEL_TYPES = {
    "AlbertTokenizer": "albert",
    "CamembertTokenizer": "camembert",
    "DebertaV2Tokenizer": "deberta-v2",
    "XLMRobertaTokenizer": "xlm-roberta",
}


def load_family(directory):
    """What transformers makes of a directory: of the class that the settings or config.json name."""
    import transformers

    directory = pathlib.Path(directory)
    name = None
    if (directory / "tokenizer_config.json").exists():
        name = json.loads((directory / "tokenizer_config.json").read_text())["tokenizer_class"]
    else:
        model_type = json.loads((directory / "config.json").read_text())["model_type"]
        name = next(k for k, v in MODEL_TYPES.items() if v == model_type)
    return getattr(transformers, name).from_pretrained(str(directory), local_files_only=True)


@contextlib.contextmanager
def rules_file(rules):
    """A file in sentencepiece's format with a dict from texts to what replaces them."""
    def codes(text):
        return " ".join(f"{ord(c):X}" for c in text)

    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.writelines(f"{codes(key)}\t{codes(value)}\n" for key, value in rules.items())
        file.flush()
        yield file.name


def charsmap(rules):
    """sentencepiece's table of such a dict."""
    model = io.BytesIO()
    with rules_file(rules) as path:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["some words"] * 9), model_writer=model, vocab_size=20,
            hard_vocab_limit=False, normalization_rule_tsv=path, minloglevel=2)
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def charsmap_of(path):
    """That of a model."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(pathlib.Path(path).read_bytes())
    return proto.normalizer_spec.precompiled_charsmap


def load(directory, max_length=None):
    """That of a model directory: what AutoTokenizer makes of it, or its tokenizer.json where that is
    all there is."""
    directory = pathlib.Path(directory)
    if any((directory / name).exists() for name in ("tokenizer_config.json", "config.json")):
        import transformers  # slow to import

        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(directory), local_files_only=True).backend_tokenizer
    else:
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if max_length is not None:
        tokenizer.enable_truncation(max_length=max_length)
    return tokenizer


def read_rows(path):
    """The texts of a data file: a string for each row, or a pair of strings."""
    path = pathlib.Path(path)
    if path.suffix in (".jsonl", ".ndjson", ".json"):
        records = [json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip()]
    elif path.suffix == ".csv":
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            records = list(csv.DictReader(file, strict=True))
    else:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
        rows = [[cell.decode("utf-8", "replace") for cell in line.removesuffix(b"\r").split(b"\t")]
                for line in lines]
        while rows[-1] == [""]:
            rows.pop()
        records = [dict(zip(rows[0], row)) for row in rows[1:]]
    return [r["text"] if "text" in r else (r["text_a"], r["text_b"]) for r in records]


def encode(tokenizer, rows):
    """One encoding a row."""
    return tokenizer.encode_batch([tuple(r) if isinstance(r, (tuple, list)) else r for r in rows])
