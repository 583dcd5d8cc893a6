#!/usr/bin/env python3
"""Writes tests/data/text/spm/: small tokenizers over sentencepiece models, as transformers has them.

    ./make_spm_families.py SHARED_DATA

Directories of one name without ending hold a model that the real trainer made of texts of
SHARED_DATA and of words of many languages; those that end in _json hold what transformers'
`save_pretrained` writes of one, tokenizer.json and tokenizer_config.json.
"""

import io
import json
import pathlib
import shutil
import sys

import generated_lines
import library
import sentencepiece
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

DIRECTORY = generated_lines.DATA / "spm"
ALBERT = dict(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols="[CLS],[SEP],[MASK]",
              user_defined_symbols="(,),£")
DEBERTA = dict(pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]",
               eos_piece="[SEP]", unk_piece="[UNK]", normalization_rule_name="identity")
# Some that take more than one character, and one that takes its text away.
RULES = {"A\u0301": "á", "ß": "ss", "…": "...", "\u2026\u0301": "?", "\u200b": "", "\t": " ",
         "É": "e\u0301", "e\u0301": "E", "™": "tm", "\u3000": " ", "🙂": ":)"}

# name → class of transformers, name of the model's file, settings of the trainer, and what else
# tokenizer_config.json says. "config" is in config.json instead.
FAMILIES = {
    "albert": ("AlbertTokenizer", "spiece.model", dict(ALBERT), {}),
    "albert_cased": ("AlbertTokenizer", "spiece.model", dict(ALBERT, character_coverage=0.98), {
        "do_lower_case": False, "keep_accents": True,
        "mask_token": {"content": "[MASK]", "lstrip": True, "rstrip": False, "single_word": False,
                       "normalized": False, "__type": "AddedToken"}}),
    "camembert": ("CamembertTokenizer", "sentencepiece.bpe.model", dict(rules=RULES), {}),
    "deberta": ("DebertaV2Tokenizer", "spm.model", dict(DEBERTA), {}),
    "deberta_lower": ("DebertaV2Tokenizer", "spm.model", dict(DEBERTA), {
        "do_lower_case": True, "add_prefix_space": False}),
    "xlmr": ("XLMRobertaTokenizer", "sentencepiece.bpe.model", {}, {}),
    # transformers takes its pieces for those of a unigram model, the scores being their ranks.
    "xlmr_bpe": ("XLMRobertaTokenizer", "sentencepiece.bpe.model",
                 dict(model_type="bpe", normalization_rule_name="identity", byte_fallback=True), {}),
}


def training_lines(data):
    for name in ("imdb/train.tsv", "qnli/train.tsv", "sst2/train.tsv"):
        for row in library.read_rows(data / name)[:1000]:
            yield (row if isinstance(row, str) else " ".join(row))[:1000]
    for number in range(1_500):
        random = generated_lines.Random(number)
        yield " ".join(random.choose(generated_lines.WORDS) for _ in range(8))


def train(lines, rules=None, **settings):
    settings = dict(dict(model_type="unigram", normalization_rule_name="nmt_nfkc", vocab_size=1_000,
                         character_coverage=0.99), **settings)
    model = io.BytesIO()
    with library.rules_file(rules or {}) as path:
        if rules:
            del settings["normalization_rule_name"]
            settings["normalization_rule_tsv"] = path
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=model, num_threads=1,
            hard_vocab_limit=False, minloglevel=2, **settings)
    return model.getvalue()


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def byte_fallback_tokenizer(pieces):
    """What no class of transformers makes, but a tokenizer.json may hold."""
    vocabulary = [(f"<0x{byte:02X}>", -20.5) for byte in range(256)] + pieces
    unknown = next(i for i, (piece, _) in enumerate(vocabulary) if piece == "<unk>")
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKC(), normalizers.Strip(left=False), normalizers.Prepend("x"),
        normalizers.Replace("oo", "O o")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1",
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("<s>", "</s>")])
    tokenizer.add_special_tokens(["<s>", "</s>", "<unk>"])
    tokenizer.add_tokens([
        AddedToken("New-Word", normalized=True), AddedToken("ﬁne", normalized=True),
        AddedToken("solo", normalized=True, single_word=True),
        AddedToken("<br />", normalized=False, lstrip=True, rstrip=True)])
    return tokenizer


def main():
    data = pathlib.Path(sys.argv[1])
    lines = list(training_lines(data))
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    for name, (kind, file, settings, config) in FAMILIES.items():
        directory = DIRECTORY / name
        directory.mkdir(parents=True)
        (directory / file).write_bytes(train(lines, **settings))
        if config:
            write_json(directory / "tokenizer_config.json", {"tokenizer_class": kind, **config})
        else:
            write_json(directory / "config.json", {"model_type": library.MODEL_TYPES[kind]})
    for name in ("albert", "camembert", "deberta", "xlmr"):
        tokenizer = library.load_family(DIRECTORY / name)
        if name == "camembert":
            tokenizer.add_tokens([AddedToken("New-Word", normalized=True),
                                  AddedToken("<br />", normalized=False, rstrip=True)])
        tokenizer.save_pretrained(DIRECTORY / f"{name}_json")
    pieces = json.loads((DIRECTORY / "xlmr_json" / "tokenizer.json").read_text())["model"]["vocab"]
    (DIRECTORY / "bytes_json").mkdir()
    byte_fallback_tokenizer([tuple(p) for p in pieces if p[0] != "<mask>"]).save(
        str(DIRECTORY / "bytes_json" / "tokenizer.json"), pretty=False)


if __name__ == "__main__":
    main()
