#!/usr/bin/env python3
"""Writes tests/data/text/classes.jsonl: model directories in the forms in which they come, and the ids
that transformers' AutoTokenizer gives in each. It decides by their files which class reads them, and
what of the files counts; nothing of that is repeated here.

Its first line has the texts. Each other line is a directory: `base` is one of tests/data/text, of
which it has the files `keep`; in tokenizer.json the members `set` (by JSON pointer) are others and
`remove` are not there; in vocab.txt the tokens `lines` are others, or missing (null); `write` has
further files. "@charsmap" in `set` is the table in spm/xlmr_json. `ids` are those of each text, `pair` and `type_ids` those of the first two as a pair (the types only
with a config.json: which model sees them is not known otherwise).
`refused` is instead of them where the files contradict each other in what finemix does not follow: a
part of what is said."""

import json
import pathlib
import shutil
import tempfile

import generated_lines
import transformers

OUTPUT = generated_lines.DATA / "classes.jsonl"
TEXTS = [
    "Hello World (foo) isn't Été … ｆｕｌｌ ½ A",
    "foo  [MASK] bar <mask> baz <s>NOTUSED x [E1] [e1] Y",
    "  lead\tand trail  ",
    "a<s>b</s>[SEP] <unk> [UNK] <pad> ▁x ##ing [mask]",
    "The\u0007 unbelievable  ``movie'' naïve 中文 don't",
]

BERT = {"model_type": "bert"}
ROBERTA = {"model_type": "roberta"}
MASKED = dict.fromkeys(["lstrip", "rstrip", "single_word", "normalized"], False)


def token(content, **flags):
    return {"content": content, **MASKED, **flags}


def added(content, **flags):
    """As tokenizer_config.json has it."""
    return {"__type": "AddedToken", **token(content, **flags)}


def tokens_of(directory):
    return len((generated_lines.DATA / directory / "vocab.txt").read_text().splitlines())


def model_of(directory):
    return json.loads((generated_lines.DATA / directory / "tokenizer.json").read_text())


def case(name, base, keep, config=None, settings=None, roles=None, added_tokens=None, **change):
    files = {"config.json": config, "tokenizer_config.json": settings,
             "special_tokens_map.json": roles, "added_tokens.json": added_tokens}
    return {"name": name, "base": base, "keep": [keep] if isinstance(keep, str) else keep, **change,
            "write": {file: value for file, value in files.items() if value is not None}}


JSON = "tokenizer.json"
BYTE_FILES = ["vocab.json", "merges.txt"]
# A table of sentencepiece; the text stands for that of spm/xlmr_json, which is long.
CHARSMAP = {"type": "Precompiled", "precompiled_charsmap": "@charsmap"}
STEPS = "/normalizer"
# As transformers 4 wrote them.
DEBERTA_4 = {STEPS: {"type": "Sequence", "normalizers": [
    {"type": "Strip", "strip_left": True, "strip_right": True}, CHARSMAP,
    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]}}
XLMR_4 = {
    STEPS: {"type": "Sequence", "normalizers": [
        CHARSMAP, {"type": "Strip", "strip_left": False, "strip_right": True},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]},
    "/pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always",
                       "split": True}}
# … and in 2020.
XLMR_2020 = {
    STEPS: CHARSMAP,
    "/pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": True}]}}
# Without NFKD, StripAccents and Lowercase.
ALBERT_CASED = [f"{STEPS}/normalizers/{place}" for place in (4, 3, 2)]
MPNET = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[MASK]": "<mask>"}
LOWER = tokens_of("lower")
PIECES = {name: len(model_of(f"spm/{name}_json")["model"]["vocab"]) for name in ("deberta", "xlmr")}
BERT_CLASS = {"tokenizer_class": "BertTokenizer", "do_lower_case": False}
ROLES = {"cls_token": "[CLS]", "mask_token": "[MASK]", "pad_token": "[PAD]", "sep_token": "[SEP]",
         "unk_token": "[UNK]"}


def word_pieces():
    yield case("file_alone", "cased", JSON)
    yield case("model_type_alone", "cased", JSON, BERT)
    yield case("settings_without_class", "cased", JSON, BERT, {"model_max_length": 512})
    yield case("class_without_options", "cased", JSON, BERT, {"tokenizer_class": "BertTokenizerFast"})
    yield case("options_without_class", "cased", JSON, BERT, {"do_lower_case": False},
               set={"/normalizer/lowercase": True})
    for model_type in ("distilbert", "electra", "convbert", "mobilebert", "squeezebert"):
        yield case(f"model_type_{model_type}", "cased", JSON, {"model_type": model_type})
    for kind in ("DistilBertTokenizer", "ConvBertTokenizer", "ElectraTokenizerFast",
                 "PreTrainedTokenizerFast"):
        yield case(f"class_{kind}", "cased", JSON, BERT, {"tokenizer_class": kind})
    yield case("class_in_config", "cased", JSON, {"model_type": "albert",
                                                  "tokenizer_class": "BertTokenizer"})
    yield case("words_of_4", "cased", JSON, BERT, BERT_CLASS,
               set={"/model/max_input_chars_per_word": 4})
    yield case("another_prefix", "cased", JSON, BERT, BERT_CLASS,
               set={"/model/continuing_subword_prefix": "@@"})
    yield case("text_not_cleaned", "cased", JSON, BERT, BERT_CLASS,
               set={"/normalizer/clean_text": False})
    yield case("accents_kept", "cased", JSON, BERT, {"strip_accents": False})
    other = {"added_tokens_decoder": {str(LOWER): token("[E1]", special=True)}}
    yield case("decoder_beside_the_file", "cased", JSON, BERT, {**BERT_CLASS, **other})
    yield case("decoder_beside_a_file_that_counts", "cased", JSON, BERT, {
        "tokenizer_class": "PreTrainedTokenizerFast", **other}, refused="make them agree")

    yield case("lines_alone", "lower", "vocab.txt", BERT)
    yield case("lines_accents_kept", "lower", "vocab.txt", BERT, {
        "strip_accents": False, "do_lower_case": True})
    yield case("lines_cased_accents_stripped", "lower", "vocab.txt", {"model_type": "distilbert"}, {
        "strip_accents": True, "do_lower_case": False})
    yield case("lines_accents_only", "lower", "vocab.txt", BERT, {"strip_accents": False})
    yield case("lines_mpnet", "lower", "vocab.txt", {"model_type": "mpnet"}, {
        "tokenizer_class": "MPNetTokenizer", "do_lower_case": True}, lines=MPNET)
    yield case("lines_mpnet_by_type", "lower", "vocab.txt", {"model_type": "mpnet"}, lines=MPNET)
    yield case("lines_role_added", "lower", "vocab.txt", BERT, {"do_lower_case": True},
               {"mask_token": "[MASK]"}, {"[MASK]": LOWER - 1}, lines={"[MASK]": None})
    yield case("lines_role_added_unnamed", "lower", "vocab.txt", BERT, {"do_lower_case": True},
               None, {"[MASK]": LOWER - 1}, lines={"[MASK]": None})
    extra = {"additional_special_tokens": ["[E1]"]}
    yield case("lines_extra", "lower", "vocab.txt", BERT, {"do_lower_case": True, **extra})
    yield case("lines_extra_of_new_name", "lower", "vocab.txt", BERT, {
        "tokenizer_class": "BertTokenizer", "extra_special_tokens": [added("[E1]", special=True)]})
    yield case("lines_extra_in_roles", "lower", "vocab.txt", BERT, {"do_lower_case": True}, extra)
    yield case("lines_extra_in_both", "lower", "vocab.txt", BERT, {"do_lower_case": True, **extra},
               {"extra_special_tokens": ["##ing"]})
    yield case("lines_extra_behind_a_missing_role", "lower", "vocab.txt", BERT, extra,
               lines={"[MASK]": None})
    yield case("lines_extra_added", "lower", "vocab.txt", BERT, extra, None, {"[E1]": LOWER})
    yield case("lines_extra_added_in_roles", "lower", "vocab.txt", BERT, {"do_lower_case": True},
               extra, {"[E1]": LOWER})
    yield case("lines_extra_behind_a_decoder", "lower", "vocab.txt", BERT, {
        "added_tokens_decoder": {str(LOWER): token("▁x", special=False, normalized=True)}, **extra},
        {"additional_special_tokens": ["bar"]})


def byte_pairs():
    yield case("bytes_file_alone", "byte_bpe/json", JSON)
    yield case("bytes_model_type", "byte_bpe/json", JSON, ROBERTA)
    prefix = {"set": {"/pre_tokenizer/add_prefix_space": True}}
    yield case("bytes_prefix_in_file", "byte_bpe/json", JSON, ROBERTA, **prefix)
    yield case("bytes_prefix_in_file_of_class", "byte_bpe/json", JSON, ROBERTA, {
        "tokenizer_class": "RobertaTokenizerFast"}, **prefix)
    yield case("bytes_prefix_in_settings", "byte_bpe/json", JSON, ROBERTA, {"add_prefix_space": True})
    yield case("bytes_one_word", "byte_bpe/json", JSON, ROBERTA, set={"/pre_tokenizer/use_regex": False})
    yield case("bytes_files", "byte_bpe/files", BYTE_FILES, ROBERTA)
    kind = {"tokenizer_class": "RobertaTokenizer"}
    yield case("bytes_mask_of_roles", "byte_bpe/files", BYTE_FILES, ROBERTA, {
        **kind, "mask_token": "<mask>"}, {"mask_token": token("<mask>", lstrip=True)})
    yield case("bytes_mask_of_settings", "byte_bpe/files", BYTE_FILES, ROBERTA, {
        **kind, "mask_token": added("<mask>", lstrip=True)}, {"mask_token": "<mask>"})
    yield case("bytes_roles_beside_a_decoder", "byte_bpe/files", BYTE_FILES, ROBERTA, {
        **kind, "mask_token": "<mask>", "added_tokens_decoder": {"0": token("<s>", special=True)}},
        {"mask_token": token("<mask>", lstrip=True)})
    yield case("bytes_added", "byte_bpe/files", BYTE_FILES, ROBERTA, kind, None, {"[E1]": 1500})
    yield case("bytes_extra", "byte_bpe/files", BYTE_FILES, ROBERTA, {
        **kind, "additional_special_tokens": ["[E1]"]})


def unigrams():
    def kind(family):
        return {"model_type": {"deberta": "deberta-v2", "xlmr": "xlm-roberta"}.get(family, family)}

    def class_of(family):
        return {"tokenizer_class": {"albert": "AlbertTokenizer", "camembert": "CamembertTokenizer",
                                    "deberta": "DebertaV2Tokenizer",
                                    "xlmr": "XLMRobertaTokenizer"}[family]}

    def of_json(name, family, settings=None, **change):
        return case(name, f"spm/{family}_json", JSON, kind(family), settings, **change)

    def of_model(name, family, settings=None, *files):
        file = {"albert": "spiece.model", "deberta": "spm.model"}.get(
            family, "sentencepiece.bpe.model")
        return case(name, f"spm/{family}", file, kind(family), settings, *files)

    for family in ("albert", "camembert", "deberta", "xlmr"):
        yield of_json(f"{family}_json", family)
        yield of_model(f"{family}_model", family)
        yield case(f"{family}_file_alone", f"spm/{family}_json", JSON)
    yield of_json("deberta_of_version_4", "deberta", class_of("deberta"), set=DEBERTA_4)
    yield of_json("deberta_unknown_by_settings", "deberta", {**class_of("deberta"), "unk_id": 3},
                  set={"/model/vocab/3": ["[UNK]", -1.0]})
    yield of_json("deberta_unknown_by_class", "deberta", class_of("deberta"),
                  set={"/model/vocab/3": ["[UNK]", -1.0]})
    yield of_json("deberta_lower", "deberta", {**class_of("deberta"), "do_lower_case": True})
    yield of_json("xlmr_of_version_4", "xlmr", class_of("xlmr"), set=XLMR_4)
    yield of_json("xlmr_of_2020", "xlmr", set=XLMR_2020)
    yield of_json("xlmr_without_type", "xlmr", remove=["/model/type"])
    yield case("xlmr_without_type_alone", "spm/xlmr_json", JSON, remove=["/model/type"])
    yield of_json("camembert_of_version_4", "camembert", class_of("camembert"), set=XLMR_4)
    yield of_json("albert_cased_file", "albert", remove=ALBERT_CASED)
    yield of_json("albert_cased_file_and_settings", "albert", {
        **class_of("albert"), "do_lower_case": False, "keep_accents": True}, remove=ALBERT_CASED)
    yield of_json("albert_mask_strips", "albert",
                  set={"/added_tokens/4/lstrip": True})
    yield of_json("xlmr_no_prefix", "xlmr", {**class_of("xlmr"), "add_prefix_space": False})
    yield of_json("xlmr_decoder", "xlmr", {**class_of("xlmr"), "added_tokens_decoder": {
        "0": token("<s>", special=True), str(PIECES["xlmr"]): token("[E1]", special=False)}})
    yield of_model("deberta_mask_added", "deberta", {**class_of("deberta"), "do_lower_case": False},
                   ROLES, {"[MASK]": PIECES["deberta"]})
    yield of_model("albert_mask_of_roles", "albert", {**class_of("albert"), "mask_token": "[MASK]"},
                   {"mask_token": token("[MASK]", lstrip=True)})
    yield of_model("xlmr_roles_beside_a_decoder", "xlmr", {
        **class_of("xlmr"), "mask_token": "<mask>",
        "added_tokens_decoder": {"0": token("<s>", special=True)}},
        {"mask_token": token("<mask>", lstrip=True)})
    yield of_model("xlmr_extra", "xlmr", {
        **class_of("xlmr"), "additional_special_tokens": ["[E1]"]})
    yield of_model("albert_extra", "albert", {
        **class_of("albert"), "additional_special_tokens": ["[E1]"]})
    yield of_model("albert_extra_in_roles", "albert", class_of("albert"),
                   {"additional_special_tokens": ["[E1]"]})
    yield case("xlmr_class_in_config", "spm/xlmr", "sentencepiece.bpe.model", {
        "model_type": "bert", "tokenizer_class": "XLMRobertaTokenizer"})


def make_directory(row, directory):
    for file in row["keep"]:
        shutil.copy(generated_lines.DATA / row["base"] / file, directory)
    for file, value in row["write"].items():
        (directory / file).write_text(json.dumps(value), encoding="utf-8")
    if "set" in row or "remove" in row:
        path = directory / "tokenizer.json"
        model = json.loads(path.read_text())
        values = json.loads(json.dumps(row.get("set", {})).replace(
            "@charsmap", model_of("spm/xlmr_json")[STEPS[1:]]["precompiled_charsmap"]))
        for pointer in [*values, *row.get("remove", [])]:
            *way, last = pointer.strip("/").split("/")
            place = model
            for key in way:
                place = place[int(key) if isinstance(place, list) else key]
            last = int(last) if isinstance(place, list) else last
            if pointer in values:
                place[last] = values[pointer]
            else:
                del place[last]
        path.write_text(json.dumps(model), encoding="utf-8")
    if "lines" in row:
        path = directory / "vocab.txt"
        lines = [row["lines"].get(line, line) for line in path.read_text().splitlines()]
        path.write_text("".join(f"{line}\n" for line in lines if line is not None), encoding="utf-8")


def ask(row):
    with tempfile.TemporaryDirectory() as name:
        make_directory(row, pathlib.Path(name))
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, local_files_only=True)
    pair = tokenizer(TEXTS[0], TEXTS[1])
    answer = {"class": type(tokenizer).__name__, "ids": [tokenizer(t)["input_ids"] for t in TEXTS],
              "pair": pair["input_ids"]}
    if "config.json" in row["write"]:
        answer["type_ids"] = pair.get("token_type_ids", [0] * len(pair["input_ids"]))
    return answer


def main():
    transformers.logging.set_verbosity_error()
    with open(OUTPUT, "w", encoding="utf-8") as file:
        def write(row):
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")

        write({"texts": TEXTS})
        for row in [*word_pieces(), *byte_pairs(), *unigrams()]:
            write(row if "refused" in row else {**row, **ask(row)})


if __name__ == "__main__":
    main()
