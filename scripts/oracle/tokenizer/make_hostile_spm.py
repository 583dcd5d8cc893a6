#!/usr/bin/env python3
"""Writes tests/hostile/{spm,unigram_json,spm_family}/ and tests/data/text/spm_small/: what breaks one rule of sentencepiece models,
of a tokenizer.json with a Unigram model, and of the families' directories; with a table of what is
said of each, and a small tokenizer.json that breaks none, with every kind of step. Nothing but Python's own library is asked: the files are put together byte by byte."""

import base64
import json
import pathlib
import shutil
import struct

TESTS = pathlib.Path(__file__).resolve().parents[3] / "tests"
HOSTILE = TESTS / "hostile"
SMALL = TESTS / "data" / "text" / "spm_small"

NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def piece(text, score=-1.5, kind=None):
    text = text if isinstance(text, bytes) else text.encode()
    body = message(1, text) + varint(2 << 3 | 5) + struct.pack("<f", score)
    return message(1, body + (b"" if kind is None else number(3, kind)))


HEAD = piece("<unk>", 0, UNKNOWN) + piece("<s>", 0, CONTROL) + piece("</s>", 0, CONTROL)
BODY = HEAD + piece("\u2581a") + piece("b")
TRAINER = message(2, number(3, 1))


def unit(label=0, offset=0, leaf=False, far=False):
    return label | offset << 10 | leaf << 8 | far << 9


def charsmap(units=None, replacements=b"b\0", trie_bytes=None):
    """A trie that replaces "a": the root leads to the block at 256, "a" is at 353 in it, and its
    value at 257."""
    places = {0: unit(offset=256), 353: unit(label=97, offset=353 ^ 257, leaf=True), 257: 1 << 31}
    data = bytearray(4 * 512)
    for place, value in (places | (units or {})).items():
        data[4 * place:4 * place + 4] = struct.pack("<I", value)
    return struct.pack("<I", len(data) if trie_bytes is None else trie_bytes) + bytes(data) + \
        replacements


def normalized(table):
    return BODY + TRAINER + message(3, message(2, table))


LONG = b"x" * 300 + b"\0"
CHARSMAPS = {
    "is_short": (b"\0\0\0", "it has 3 bytes, expected a length of 4"),
    "trie_is_empty": (charsmap(trie_bytes=0), "its trie has 0 bytes, expected a positive multiple"),
    "trie_of_odd_length": (charsmap(trie_bytes=1022), "its trie has 1022 bytes"),
    "trie_of_no_blocks": (charsmap(trie_bytes=1028), "its trie has 1028 bytes"),
    "trie_is_longer_than_all": (charsmap(trie_bytes=0xFFFFFC00), "its trie has 4294966272 bytes"),
    "trie_leaves_no_replacements": (charsmap(replacements=b""), "its trie has 2048 bytes"),
    "no_nul_at_the_end": (charsmap(replacements=b"b\0c"), "does not end with a NUL byte"),
    "replacement_is_no_utf8": (charsmap(replacements=b"\xff\0"), "replacements are no UTF-8"),
    "replacement_is_long": (charsmap(replacements=LONG), "has 300 bytes, expected at most 256"),
    "root_leads_outside": (charsmap({0: unit(offset=1 << 20)}), "the root of its trie leads to unit"),
    "root_has_the_sign_bit": (charsmap({0: 1 << 31 | unit(offset=256)}),
                              "by label 2147483648"),
    "root_is_a_key": (charsmap({0: unit(offset=256, leaf=True)}), "and ends a key"),
    "unit_leads_outside": (charsmap({353: unit(label=97, offset=1 << 20, leaf=True)}),
                           "unit 353 of its trie leads to unit"),
    "unit_leads_far_outside": (charsmap({353: unit(label=97, offset=1 << 20, far=True)}),
                               "unit 353 of its trie leads to unit"),
    "value_is_outside": (charsmap({257: 1 << 31 | 2}), "replaces by byte 2 of 2"),
    "value_is_far_outside": (charsmap({257: 0xFFFFFFFF}), "replaces by byte 2147483647"),
    "value_is_inside_a_character": (
        charsmap({257: 1 << 31 | 1}, "\u00e9\0".encode()), "which begins no character"),
}


def byte_pieces(without=()):
    return b"".join(piece(f"<0x{b:02X}>", -9, BYTE) for b in range(256) if b not in without)


SPM = {
    "empty": (b"", "it is empty"),
    "text": (b"this is no model\n", "field 14 of wire type 4"),
    "cut_in_a_number": (BODY + b"\x10\x80", "the message ends inside a number"),
    "cut_in_a_piece": (BODY[:29], "bytes, but"),
    "number_of_70_bits": (BODY + b"\x10" + b"\xff" * 10 + b"\1", "a number of more than 64 bits"),
    "length_of_2_to_63": (BODY + b"\x12" + varint(1 << 63), "field 2 of 9223372036854775808 bytes"),
    "fixed32_is_cut": (BODY + b"\x1d\0\0", "a number of 4 bytes, but 2 are left"),
    "fixed64_is_cut": (BODY + b"\x19\0\0", "a number of 8 bytes, but 2 are left"),
    "field_0": (BODY + b"\x02\x00", "field number 0"),
    "field_2_to_40": (BODY + varint(1 << 43 | 2) + b"\0", "field number 1099511627776"),
    "group": (BODY + b"\x0b" * 1000, "field 1 of wire type 3"),
    "wire_type_7": (BODY + b"\x0f", "wire type 7"),
    "no_pieces": (TRAINER, "it has no pieces"),
    "piece_is_a_number": (number(1, 5), "a piece is no message"),
    "piece_is_empty": (BODY + piece(""), "piece 5: it is empty"),
    "piece_has_no_text": (BODY + message(1, number(3, 1)), "piece 5: it is empty"),
    "piece_text_is_a_number": (BODY + message(1, number(1, 1)), "its text has wire type 0"),
    "piece_is_no_utf8": (BODY + piece(b"\xc0\x80"), "piece 5: its text is no UTF-8"),
    "piece_is_a_surrogate": (BODY + piece(b"\xed\xa0\x80"), "piece 5: its text is no UTF-8"),
    "piece_has_a_nul": (BODY + piece(b"a\0b"), "piece 5: 'a\\x00b' holds a NUL byte"),
    "piece_is_long": (BODY + piece("x" * 513), "piece 5: it has 513 bytes, expected at most 512"),
    "piece_is_very_long": (BODY + piece("x" * 200_000), "it has 200000 bytes"),
    "piece_twice": (BODY + piece("b"), "piece 5, 'b', is piece 4 too"),
    "control_and_normal": (BODY + piece("</s>"), "piece 5, '</s>', is piece 2 too"),
    "text_twice_in_piece": (BODY + message(1, message(1, b"c") + message(1, b"d")),
                            "piece 5: its text is there twice"),
    "score_is_nan": (BODY + piece("c", float("nan")), "piece 5: 'c' has score nan"),
    "score_is_infinite": (BODY + piece("c", float("-inf")), "piece 5: 'c' has score -inf"),
    "score_is_a_varint": (BODY + message(1, message(1, b"c") + number(2, 1)),
                          "its score has wire type 0"),
    "type_0": (BODY + piece("c", -1, 0), "its type is 0, expected 1 to 6"),
    "type_7": (BODY + piece("c", -1, 7), "its type is 7, expected 1 to 6"),
    "type_is_negative": (BODY + piece("c", -1, -1), "its type is -1, expected 1 to 6"),
    "no_unknown": (piece("a") + TRAINER, "no piece is UNKNOWN"),
    "two_unknown": (BODY + piece("c", 0, UNKNOWN), "piece 5, 'c', is UNKNOWN, and so is piece 0"),
    "byte_without_fallback": (BODY + piece("<0x00>", 0, BYTE), "byte_fallback is not set"),
    "byte_of_another_name": (BODY + message(2, number(35, 1)) + piece("<0xA>", 0, BYTE),
                             "expected a name like '<0x0A>'"),
    "bytes_incomplete": (BODY + message(2, number(35, 1)) + byte_pieces(without=[0x41]),
                         "there is no piece '<0x41>'"),
    "trainer_twice": (BODY + TRAINER + TRAINER, "trainer_spec is there twice"),
    "trainer_is_a_number": (BODY + number(2, 1), "trainer_spec has wire type 0"),
    "model_of_words": (BODY + message(2, number(3, 3)), "model_type is WORD"),
    "model_of_characters": (BODY + message(2, number(3, 4)), "model_type is CHAR"),
    "model_of_type_9": (BODY + message(2, number(3, 9)), "model_type is 9, expected 1 to 4"),
    "model_type_twice": (BODY + message(2, number(3, 1) + number(3, 2)),
                         "model_type is there twice"),
    "whitespace_suffix": (BODY + message(2, number(24, 1)), "treat_whitespace_as_suffix is set"),
    "byte_fallback_is_2": (BODY + message(2, number(35, 2)), "byte_fallback is 2, expected 0 to 1"),
    "unk_id_is_another": (BODY + message(2, number(40, 4)), "unk_id is 4, but the UNKNOWN piece is 0"),
    "unk_id_is_not_said": (piece("a") + piece("<unk>", 0, UNKNOWN), "unk_id is 0, but the UNKNOWN"),
    "bos_id_is_outside": (BODY + message(2, number(41, 5)), "bos_id is 5, but there are 5 pieces"),
    "eos_id_is_ordinary": (BODY + message(2, number(42, 4)), "piece 4, 'b', is an ordinary piece"),
    "pad_id_is_minus_2": (BODY + message(2, number(43, -2)), "pad_id is -2"),
    "eos_id_is_huge": (BODY + message(2, number(42, 1 << 31)), "eos_id is 2147483648"),
    "normalizer_twice": (BODY + message(3, b"") * 2, "normalizer_spec is there twice"),
    "normalizer_is_cut": (BODY + message(3, b"\x12\x05"), "normalizer_spec: byte"),
    "self_test_is_cut": (BODY + message(4, b"\x0a\x09a"), "self_test_data: byte"),
    "self_test_sample_is_cut": (BODY + message(4, message(1, b"\x0a\x09a")), "self_test_data: byte"),
    "denormalizer_leads_outside": (
        BODY + message(5, message(2, charsmap({0: unit(offset=1 << 20)}))),
        "denormalizer_spec: precompiled_charsmap: the root"),
} | {f"charsmap_{name}": (normalized(table), said) for name, (table, said) in CHARSMAPS.items()}


def tokenizer(**changes):
    result = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True} for i, t in enumerate(["<unk>", "<s>", "</s>"])],
        "normalizer": None,
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always",
                          "split": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": [
            ["<unk>", 0], ["<s>", 0], ["</s>", 0], ["\u2581a", -1.5], ["b", -2.5]],
            "byte_fallback": False},
    }
    for path, value in changes.items():
        *way, last = path.split("__")
        place = result
        for step in way:
            place = place[step]
        place[last] = value
    return result


def vocabulary(*more):
    return tokenizer()["model"]["vocab"] + list(more)


def sequence(*steps):
    return tokenizer(normalizer={"type": "Sequence", "normalizers": list(steps)})


def replace(pattern, content):
    return {"type": "Replace", "pattern": pattern, "content": content}


def precompiled(table):
    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(table).decode()}


METASPACE = tokenizer()["pre_tokenizer"]
GROW = replace({"String": "a"}, "a" * 64)
UNIGRAM = {
    "no_vocab": (tokenizer(model={"type": "Unigram", "unk_id": 0}), "'vocab' is missing"),
    "vocab_is_an_object": (tokenizer(model__vocab={"a": 0}), "'vocab' is object"),
    "vocab_is_empty": (tokenizer(model__vocab=[]), "there are 0 pieces"),
    "piece_is_a_text": (tokenizer(model__vocab=vocabulary("c")), "piece 5 is \"c\", expected"),
    "piece_without_score": (tokenizer(model__vocab=vocabulary(["c"])), "piece 5 is [\"c\"]"),
    "piece_of_three": (tokenizer(model__vocab=vocabulary(["c", 0, 0])), "piece 5 is [\"c\",0,0]"),
    "piece_is_a_number": (tokenizer(model__vocab=vocabulary([1, 0])), "piece 5 is [1,0]"),
    "score_is_a_text": (tokenizer(model__vocab=vocabulary(["c", "0"])), "piece 5 is [\"c\",\"0\"]"),
    "score_is_huge": (tokenizer(model__vocab=vocabulary(["c", 1e300])), "piece 5 is [\"c\",1e+300]"),
    "piece_is_empty": (tokenizer(model__vocab=vocabulary(["", 0])), "piece 5 is empty"),
    "piece_is_long": (tokenizer(model__vocab=vocabulary(["x" * 513, 0])), "513 bytes"),
    "piece_twice": (tokenizer(model__vocab=vocabulary(["b", -3])), "'b'"),
    "no_unk_id": (tokenizer(model__unk_id=None), "the model has no 'unk_id'"),
    "unk_id_is_outside": (tokenizer(model__unk_id=5), "the unknown piece has id 5, but there are 5"),
    "unk_id_is_negative": (tokenizer(model__unk_id=-1), "unk_id"),
    "byte_fallback_is_a_number": (tokenizer(model__byte_fallback=1), "byte_fallback"),
    "normalizer_is_a_list": (tokenizer(normalizer=[]), "found array, expected an object"),
    "normalizer_of_another_kind": (tokenizer(normalizer={"type": "Nmt"}),
                                   "the normalizer has a part 'Nmt'"),
    "normalizer_in_a_sequence_is_null": (sequence(None), "'normalizers' holds a null"),
    "sequence_in_a_sequence": (sequence({"type": "Sequence", "normalizers": []}),
                               "the normalizer has a part 'Sequence'"),
    "sequence_of_40": (sequence(*[{"type": "NFC"}] * 40), "'normalizers' has 40 parts"),
    "sequence_is_missing": (tokenizer(normalizer={"type": "Sequence"}), "'normalizers' is missing"),
    "replace_another_regex": (sequence(replace({"Regex": "(a+)+$"}, "")),
                              "a Replace has the regex '(a+)+$'"),
    "replace_without_pattern": (sequence({"type": "Replace", "content": ""}), "'pattern' is missing"),
    "replace_nothing": (sequence(replace({"String": ""}, "x")), "a Replace has an empty pattern"),
    "replace_by_a_long_text": (sequence(replace({"String": "a"}, "x" * 65)),
                               "'content' has 65 bytes"),
    "replace_by_a_number": (sequence(replace({"String": "a"}, 1)), "'content' is no string"),
    "replacements_multiply": (sequence(GROW, GROW), "more than 1024 times as long"),
    "charsmap_is_missing": (sequence({"type": "Precompiled"}), "it has 0 bytes"),
    "charsmap_is_a_list": (sequence({"type": "Precompiled", "precompiled_charsmap": [1]}),
                           "precompiled_charsmap"),
    "base64_of_3": (sequence({"type": "Precompiled", "precompiled_charsmap": "AAA"}),
                    "Base64 of 3 characters"),
    "base64_has_a_space": (sequence({"type": "Precompiled", "precompiled_charsmap": "AA A"}),
                           "Base64 holds ' ' at character 2"),
    "base64_is_padded_inside": (sequence({"type": "Precompiled", "precompiled_charsmap": "AA==AAAA"}),
                                "Base64 holds '=' at character 2"),
    "base64_has_bits_left": (sequence({"type": "Precompiled", "precompiled_charsmap": "AAB="}),
                             "Base64 ends with bits"),
    "charsmap_leads_outside": (sequence(precompiled(charsmap({0: unit(offset=1 << 20)}))),
                               "the root of its trie"),
    "pre_tokenizer_of_another_kind": (tokenizer(pre_tokenizer={"type": "Punctuation"}),
                                      "the pre-tokenizer has a part 'Punctuation'"),
    "two_metaspaces": (tokenizer(pre_tokenizer={
        "type": "Sequence", "pretokenizers": [METASPACE, METASPACE]}),
        "the pre-tokenizer has a part 'Metaspace'"),
    "metaspace_before_whitespace": (tokenizer(pre_tokenizer={
        "type": "Sequence", "pretokenizers": [METASPACE, {"type": "WhitespaceSplit"}]}),
        "the pre-tokenizer has a part 'WhitespaceSplit'"),
    "metaspace_of_two_characters": (tokenizer(pre_tokenizer__replacement="__"),
                                    "Metaspace has the replacement '__'"),
    "metaspace_of_none": (tokenizer(pre_tokenizer__replacement=""), "Metaspace has the replacement"),
    "metaspace_prepends_oddly": (tokenizer(pre_tokenizer__prepend_scheme="last"),
                                 "Metaspace has the prepend_scheme 'last'"),
    "first_behind_a_strip": (
        dict(tokenizer(pre_tokenizer__prepend_scheme="first"), normalizer={
            "type": "Strip", "strip_left": True, "strip_right": True}), "may drop what a text begins"),
}


WHOLE = dict(
    sequence(replace({"String": "``"}, '"'), {"type": "NFKD"}, {"type": "StripAccents"},
             {"type": "Lowercase"}, {"type": "Strip", "strip_left": False, "strip_right": True},
             replace({"Regex": " {2,}"}, " "), precompiled(charsmap())),
    pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, METASPACE]})

ALBERT = piece("<pad>", 0, CONTROL) + piece("<unk>", 0, UNKNOWN) + piece("[CLS]", 0, CONTROL) + \
    piece("[SEP]", 0, CONTROL) + piece("\u2581a") + message(2, number(40, 1))
# name → {file: bytes or JSON}, message
FAMILIES = {
    "no_class": ({"spm.model": BODY}, "no tokenizer_config.json names a tokenizer_class"),
    "class_of_another_family": (
        {"spiece.model": BODY, "tokenizer_config.json": {"tokenizer_class": "T5Tokenizer"}},
        "the tokenizer_class is 'T5Tokenizer'"),
    "model_type_of_another_family": ({"spiece.model": BODY, "config.json": {"model_type": "xlnet"}},
                                     "the model_type is 'xlnet'"),
    "config_is_broken": ({"spiece.model": BODY, "config.json": {"model_type": 7}}, "model_type"),
    "albert_unknown_is_first": ({"spiece.model": BODY, "config.json": {"model_type": "albert"}},
                                "AlbertTokenizer expects 1"),
    "camembert_unknown_is_second": (
        {"sentencepiece.bpe.model": ALBERT, "config.json": {"model_type": "camembert"}},
        "CamembertTokenizer expects 0"),
    "camembert_bpe": (
        {"sentencepiece.bpe.model": BODY + message(2, number(3, 2)),
         "config.json": {"model_type": "camembert"}}, "expects a unigram one"),
    "xlmr_unknown_is_fourth": (
        {"sentencepiece.bpe.model": piece("a") + piece("b") + piece("c") +
         piece("<unk>", 0, UNKNOWN) + message(2, number(40, 3)),
         "config.json": {"model_type": "xlm-roberta"}}, "XLMRobertaTokenizer expects 0 to 2"),
    "xlmr_mask_is_a_piece": (
        {"sentencepiece.bpe.model": BODY + piece("<mask>"),
         "config.json": {"model_type": "xlm-roberta"}}, "'<mask>'"),
    "deberta_splits_by_punctuation": (
        {"spm.model": BODY, "tokenizer_config.json": {
            "tokenizer_class": "DebertaV2Tokenizer", "split_by_punct": True}},
        "sets split_by_punct"),
    "deberta_flag_is_a_text": (
        {"spm.model": BODY, "tokenizer_config.json": {
            "tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": "yes"}}, "do_lower_case"),
    "added_token_of_another_id": (
        {"spiece.model": ALBERT, "tokenizer_config.json": {
            "tokenizer_class": "AlbertTokenizer",
            "added_tokens_decoder": {"4": {"content": "<new>"}}}}, "'<new>'"),
}


def write_table(name, rows):
    with open(HOSTILE / name / "expected.tsv", "w", encoding="utf-8") as table:
        table.write("file\terror\tmessage\n")
        table.writelines(f"{file}\tmalformed\t{said}\n" for file, said in sorted(rows.items()))


def main():
    SMALL.mkdir(exist_ok=True)
    (SMALL / "tokenizer.json").write_text(json.dumps(WHOLE, ensure_ascii=False), encoding="utf-8")
    for name in ("spm", "unigram_json", "spm_family"):
        shutil.rmtree(HOSTILE / name, ignore_errors=True)
        (HOSTILE / name).mkdir(parents=True)
    for name, (data, _) in SPM.items():
        (HOSTILE / "spm" / f"{name}.model").write_bytes(data)
    write_table("spm", {f"{name}.model": said for name, (_, said) in SPM.items()})
    for name, (value, _) in UNIGRAM.items():
        (HOSTILE / "unigram_json" / name).mkdir()
        (HOSTILE / "unigram_json" / name / "tokenizer.json").write_text(
            json.dumps(value, ensure_ascii=False), encoding="utf-8")
    write_table("unigram_json", {name: said for name, (_, said) in UNIGRAM.items()})
    for name, (files, _) in FAMILIES.items():
        (HOSTILE / "spm_family" / name).mkdir()
        for file, data in files.items():
            (HOSTILE / "spm_family" / name / file).write_bytes(
                data if isinstance(data, bytes) else json.dumps(data).encode())
    write_table("spm_family", {name: said for name, (_, said) in FAMILIES.items()})


if __name__ == "__main__":
    main()
