"""The `tokenizers` package, set up the way finemix sets itself up."""

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
    """A BERT tokenizer over a list of tokens; `normalizer` holds BertNormalizer's options."""
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


ROBERTA_ROLES = {
    "bos_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}


def roberta_tokenizer(directory):
    """RoBERTa's tokenizer of a directory with vocab.json, merges.txt and special_tokens_map.json."""
    tokenizer = Tokenizer(BPE.from_file(str(directory / "vocab.json"), str(directory / "merges.txt")))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")))
    roles = {}
    if (directory / "special_tokens_map.json").exists():
        roles = json.loads((directory / "special_tokens_map.json").read_text())
    for role, fallback in ROBERTA_ROLES.items():
        token = roles.get(role, fallback)
        token = AddedToken(token, normalized=False) if isinstance(token, str) else AddedToken(**token)
        tokenizer.add_special_tokens([token])
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
    """That of a model directory: tokenizer.json, vocab.json, a sentencepiece model, or vocab.txt."""
    directory = pathlib.Path(directory)
    if (directory / "tokenizer.json").exists():
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    elif (directory / "vocab.json").exists():
        tokenizer = roberta_tokenizer(directory)
    elif list(directory.glob("*.model")):
        tokenizer = load_family(directory).backend_tokenizer
    else:
        lines = (directory / "vocab.txt").read_text(encoding="utf-8").split("\n")
        vocabulary = [line.rstrip() for line in (lines[:-1] if lines[-1] == "" else lines)]
        config = {}
        if (directory / "tokenizer_config.json").exists():
            config = json.loads((directory / "tokenizer_config.json").read_text())
        tokenizer = bert_tokenizer(vocabulary, {
            "lowercase": config.get("do_lower_case", True),
            "strip_accents": config.get("strip_accents"),
            "handle_chinese_chars": config.get("tokenize_chinese_chars", True),
        })
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
