#!/usr/bin/env python3
"""Writes tests/hostile/tokenizer/: a directory for each rule that a tokenizer's files may break, and
expected.tsv, a line for each: its name, the kind of the error, what the message has in it."""

import copy
import json
import pathlib
import shutil

DIRECTORY = pathlib.Path(__file__).resolve().parents[3] / "tests" / "hostile" / "tokenizer"

BERT_PROCESSING = {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}
TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}},
}
WORDPIECE = {
    "added_tokens": [{"id": 1, "content": "[CLS]", "special": True}],
    "normalizer": {"type": "BertNormalizer"},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": BERT_PROCESSING,
    "model": {"type": "WordPiece", "unk_token": "[UNK]",
              "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##b": 4}},
}
BPE = {
    "added_tokens": [{"id": 0, "content": "<s>", "special": True}],
    "normalizer": None,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
    "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0]},
    "model": {"type": "BPE", "vocab": {"<s>": 0, "</s>": 1, "a": 2, "b": 3, "ab": 4},
              "merges": [["a", "b"]]},
}
VOCABULARY = "[UNK]\n[CLS]\n[SEP]\na\n##b\n"
ROBERTA = {"<s>": 0, "</s>": 1, "a": 2, "b": 3, "ab": 4}


class Link(str):
    """Where a file that is a link leads."""


def changed(base, path, value):
    """`base` with the member under a path such as "model/vocab/a" set; with ... for none."""
    result = copy.deepcopy(base)
    *way, last = path.split("/")
    place = result
    for key in way:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return result


def tokenizer(content):
    text = content if isinstance(content, (str, bytes)) else json.dumps(content, ensure_ascii=False)
    return {"tokenizer.json": text}


def wordpiece(path, value):
    return tokenizer(changed(WORDPIECE, path, value))


def template(path, value):
    return tokenizer(changed(WORDPIECE, "post_processor", changed(TEMPLATE, path, value)))


def bpe(path, value):
    return tokenizer(changed(BPE, path, value))


def roberta(vocabulary=None, merges="#version: 0.2\na b\n", **settings):
    files = {"vocab.json": json.dumps(ROBERTA if vocabulary is None else vocabulary),
             "merges.txt": merges}
    return {**files, "tokenizer_config.json": json.dumps(settings)} if settings else files


def vocab_txt(text=VOCABULARY, settings=None):
    return {"vocab.txt": text, **({"tokenizer_config.json": settings} if settings else {})}


def added(*tokens):
    return wordpiece("added_tokens", list(tokens))


WORDS = json.dumps(WORDPIECE)
RULES = {
    # any tokenizer.json
    "json_cut_short": (tokenizer(WORDS[:-20]), "not valid JSON"),
    "json_empty": (tokenizer(""), "not valid JSON"),
    "json_is_a_list": (tokenizer("[]"), "expected an object"),
    "json_two_documents": (tokenizer(WORDS + "{}"), "not valid JSON"),
    "json_too_deep": (tokenizer('{"model": ' + "[" * 1_000), "nested deeper than 64"),
    "json_nul": (tokenizer(WORDS.replace("a", "\0", 1)), "NUL byte"),
    "json_not_utf8": (tokenizer(WORDS.encode().replace(b'"a"', b'"\xff"')), "not valid JSON"),
    "json_surrogate": (tokenizer(WORDS.replace('"a"', '"\\ud800"')), "not valid JSON"),
    "json_byte_order_mark": (tokenizer("\ufeff" + WORDS), "byte order mark"),
    "json_huge_number": (tokenizer(WORDS.replace("3", "1e999")), "not valid JSON"),
    "model_missing": (wordpiece("model", ...), "'model' is missing"),
    "model_is_a_list": (wordpiece("model", []), "'model' is array"),
    "model_unknown": (wordpiece("model/type", "WordLevel"), "'model' is 'WordLevel'"),
    "model_type_is_a_number": (wordpiece("model/type", 5), "'type' is 5"),
    "model_without_type": (wordpiece("model/type", ...), "'model' has no type"),
    "vocabulary_missing": (wordpiece("model/vocab", ...), "'vocab' is missing"),
    "vocabulary_is_a_list": (wordpiece("model/vocab", [["a", 0]]), "'vocab' is array"),
    "token_twice": (tokenizer(WORDS.replace('"a": 3', '"a": 3, "a": 5')), "occurs twice"),
    "token_twice_escaped": (tokenizer(WORDS.replace('"a": 3', '"a": 3, "\\u0061": 5')),
                            "occurs twice"),
    "id_twice": (wordpiece("model/vocab/a", 4), "have the same id, 4"),
    "id_negative": (wordpiece("model/vocab/a", -1), "'a' has id -1"),
    "id_fraction": (wordpiece("model/vocab/a", 3.5), "'a' has id 3.5"),
    "id_text": (wordpiece("model/vocab/a", "3"), "'a' has id \"3\""),
    "id_of_64_bits": (wordpiece("model/vocab/a", 2**64 - 1), "'a' has id 18446744073709551615"),
    "id_beyond_the_limit": (wordpiece("model/vocab/a", 1_000_000), "expected one of 0 to 999999"),
    "id_far_away": (wordpiece("model/vocab/a", 999_999), "no more holes than tokens"),
    "token_overlong": (wordpiece("model/vocab/" + "x" * 513, 5), "token 5 is 513 bytes long"),
    "added_is_an_object": (wordpiece("added_tokens", {}), "'added_tokens' is object"),
    "added_is_a_number": (added(7), "expected an object"),
    "added_without_id": (added({"content": "[CLS]"}), "'id' is missing"),
    "added_with_huge_id": (added({"id": 2**31, "content": "x"}), "'id' is 2147483648"),
    "added_with_other_id": (added({"id": 3, "content": "[CLS]"}), "expected 1 as in the vocabulary"),
    "added_beyond_a_gap": (added({"id": 7, "content": "x"}), "expected 5, the first free one"),
    "added_twice": (added({"id": 5, "content": "x"}, {"id": 5, "content": "x"}), "is there twice"),
    "added_empty": (added({"id": 5, "content": ""}), "added token 5 is 0 bytes long"),
    "added_overlong": (added({"id": 5, "content": "x" * 513}), "added token 5 is 513 bytes long"),
    "added_alike": (added({"id": 5, "content": "x", "normalized": True},
                          {"id": 6, "content": "X", "normalized": True}),
                    "'X' normalizes to the same"),
    "added_normalizes_to_nothing": (added({"id": 5, "content": "\u0301", "normalized": True}),
                                    "normalizes to nothing"),
    "added_flag_is_a_number": (added({"id": 5, "content": "x", "lstrip": 1}), "'lstrip' is 1"),
    "post_processor_missing": (wordpiece("post_processor", ...), "'post_processor' has no type"),
    "post_processor_unknown": (wordpiece("post_processor/type", "Sequence"),
                               "'post_processor' is 'Sequence'"),
    "special_token_renamed": (wordpiece("post_processor/sep", ["[SEP]", 3]),
                              "calls id 3 '[SEP]', the vocabulary calls it 'a'"),
    "special_token_beyond": (wordpiece("post_processor/sep", ["[SEP]", 9]), "calls id 9 '[SEP]'"),
    "special_token_of_64_bits": (wordpiece("post_processor/sep", ["[SEP]", 2**64 - 1]),
                                 "with id 18446744073709551615"),
    "special_token_no_pair": (wordpiece("post_processor/sep", ["[SEP]"]), "'sep' is no pair"),
    "special_token_of_a_hole": (tokenizer(changed(changed(
        WORDPIECE, "model/vocab/a", 6), "post_processor/sep", ["", 3])), "id 3"),
    "template_without_text": (template("single", []), "for 1 text(s) does not hold each"),
    "template_with_text_twice": (template("single", [{"Sequence": {"id": "A", "type_id": 0}}] * 2),
                                 "for 1 text(s) does not hold each"),
    "template_without_second": (template("pair", [{"Sequence": {"id": "A", "type_id": 0}}]),
                                "for 2 text(s) does not hold each"),
    "template_with_third_text": (template("pair", [{"Sequence": {"id": "C", "type_id": 0}}]),
                                 "names a text 'C'"),
    "template_with_huge_type": (template("single", [{"Sequence": {"id": "A", "type_id": 256}}]),
                                "'type_id' is 256"),
    "template_with_unknown_token": (template("special_tokens", {}), "'[CLS]' is missing"),
    "template_endless": (template("special_tokens/[CLS]", {
        "id": "[CLS]", "ids": [1] * 65, "tokens": ["[CLS]"] * 65}), "'single' has 65 parts"),
    "template_of_many_parts": (template("pair", [{"Sequence": {"id": "A", "type_id": 0}}] * 65),
                               "'pair' has 65 parts, expected at most 64"),
    "template_of_nothing": (template("special_tokens/[CLS]", {
        "id": "[CLS]", "ids": [], "tokens": []}), "0 ids and 0 names, expected at least one"),
    "template_of_unlike_lists": (template("special_tokens/[CLS]/ids", [1, 1]),
                                 "2 ids and 1 names"),
    # WordPiece
    "wordpiece_without_unknown": (wordpiece("model/unk_token", "[OTHER]"),
                                  "unknown token '[OTHER]' is not in the vocabulary"),
    "wordpiece_unknown_is_nothing": (tokenizer(changed(changed(
        WORDPIECE, "model/unk_token", ""), "model/vocab/a", 9)), "unknown token '' is not"),
    "wordpiece_huge_words": (wordpiece("model/max_input_chars_per_word", 10**9),
                             "max_input_chars_per_word is 1000000000"),
    "wordpiece_negative_words": (wordpiece("model/max_input_chars_per_word", -1),
                                 "'max_input_chars_per_word' is -1"),
    "wordpiece_normalizer": (wordpiece("normalizer", {"type": "Replace"}), "'normalizer' is 'Replace'"),
    "wordpiece_pre_tokenizer": (wordpiece("pre_tokenizer", {"type": "Split"}),
                                "'pre_tokenizer' is 'Split'"),
    "wordpiece_settings_disagree": (
        {**tokenizer(WORDS), "tokenizer_config.json": json.dumps(
            {"added_tokens_decoder": {"1": {"content": "[CLS]", "special": True, "lstrip": True}}})},
        "'[CLS]' with id 1 is another one in it"),
    # byte-level BPE
    "bpe_merges_missing": (bpe("model/merges", ...), "'merges' is missing"),
    "bpe_merges_are_an_object": (bpe("model/merges", {"a": "b"}), "'merges' is object"),
    "bpe_merge_of_one": (bpe("model/merges", ["ab"]), "merge 1 is 'ab'"),
    "bpe_merge_of_three": (bpe("model/merges", [["a", "b", "ab"]]), "merge 1 is [\"a\",\"b\",\"ab\"]"),
    "bpe_merge_of_numbers": (bpe("model/merges", [[2, 3]]), "merge 1 is [2,3]"),
    "bpe_merge_of_nothing": (bpe("model/merges", [["", "a"]]), "merge 1 joins ''"),
    "bpe_merge_of_unknown": (bpe("model/merges", [["a", "c"]]), "merge 1 joins 'c'"),
    "bpe_merge_makes_unknown": (bpe("model/merges", [["a", "b"], ["b", "a"]]), "merge 2 makes 'ba'"),
    "bpe_merge_twice": (bpe("model/merges", [["a", "b"], ["a", "b"]]), "merges 1 and 2 join the same"),
    "bpe_without_unknown": (bpe("model/unk_token", "<unk>"), "unknown token '<unk>' is not"),
    "bpe_dropout": (bpe("model/dropout", 0.5), "'dropout'"),
    "bpe_prefix": (bpe("model/continuing_subword_prefix", "##"), "'continuing_subword_prefix'"),
    "bpe_suffix": (bpe("model/end_of_word_suffix", "</w>"), "'end_of_word_suffix'"),
    "bpe_byte_fallback": (bpe("model/byte_fallback", True), "byte 0 has no token"),
    "bpe_normalizer": (bpe("normalizer", {"type": "NFC"}), "'normalizer' is there"),
    "bpe_pre_tokenizer": (bpe("pre_tokenizer", {"type": "Metaspace"}), "'pre_tokenizer' is 'Metaspace'"),
    "bpe_flag_is_text": (bpe("model/ignore_merges", "yes"), "'ignore_merges' is \"yes\""),
    "bpe_settings_disagree": (
        {**tokenizer(BPE), "tokenizer_config.json": json.dumps(
            {"added_tokens_decoder": {"5": {"content": "<new>"}}})},
        "'<new>' with id 5 is not in it"),
    "merges_blank_line": (roberta(merges="#version: 0.2\n\na b\n"), "merge 1 is ''"),
    "merges_of_three": (roberta(merges="a b ab\n"), "merge 1 is 'a b ab'"),
    "merges_not_utf8": (roberta(merges=b"a \xff\n"), "merge 1 is not UTF-8"),
    "merges_of_unknown": (roberta(merges="a c\n"), "merge 1 joins 'c'"),
    "merges_vocabulary_is_a_list": (roberta([1]), "found array, expected an object"),
    "merges_id_far_away": (roberta({"<s>": 0, "</s>": 999_999}), "no more holes than tokens"),
    "merges_without_cls": (roberta({"a": 0, "b": 1, "ab": 2}), "cls_token '<s>' is not"),
    "merges_without_sep": (roberta({"<s>": 0}), "sep_token '</s>' is not"),
    "merges_of_other_class": (roberta(tokenizer_class="CLIPTokenizer"), "'CLIPTokenizer'"),
    # vocab.txt
    "lines_empty": (vocab_txt(""), "unk_token '[UNK]' is not"),
    "lines_without_unknown": (vocab_txt("[CLS]\n[SEP]\n"), "unk_token '[UNK]' is not"),
    "lines_without_cls": (vocab_txt("[UNK]\n[SEP]\n"), "cls_token '[CLS]' is not"),
    "lines_without_sep": (vocab_txt("[UNK]\n[CLS]\n"), "sep_token '[SEP]' is not"),
    "lines_token_twice": (vocab_txt(VOCABULARY + "a\n"), "'a' has two ids, 3 and 5"),
    "lines_token_overlong": (vocab_txt(VOCABULARY + "x" * 513 + "\n"), "token 5 is 513 bytes long"),
    "lines_not_utf8": (vocab_txt(VOCABULARY.encode() + b"\xc3\n"), "line 6 is not UTF-8"),
    "lines_of_other_class": (vocab_txt(settings='{"tokenizer_class": "BertJapaneseTokenizer"}'),
                             "'BertJapaneseTokenizer'"),
    "settings_are_a_list": (vocab_txt(settings="[]"), "expected an object"),
    "settings_of_wrong_type": (vocab_txt(settings='{"do_lower_case": "no"}'), "'do_lower_case'"),
    "settings_role_is_a_number": (vocab_txt(settings='{"cls_token": 5}'), "'cls_token' is 5"),
    "settings_added_id": (vocab_txt(settings='{"added_tokens_decoder": {"1x": {"content": "y"}}}'),
                          "'1x', expected an id"),
    "settings_added_gap": (vocab_txt(settings='{"added_tokens_decoder": {"99": {"content": "y"}}}'),
                           "expected 5, the first free one"),
    "settings_extra_is_a_text": (vocab_txt(settings='{"extra_special_tokens": "[E1]"}'),
                                 "'extra_special_tokens' is a string"),
    "settings_extra_holds_a_number": (vocab_txt(settings='{"additional_special_tokens": [5]}'),
                                      "'additional_special_tokens' holds a number"),
    "config_class_is_a_number": ({**vocab_txt(), "config.json": '{"tokenizer_class": 5}'},
                                 "'tokenizer_class' is 5"),
    "config_of_other_class": ({**vocab_txt(), "config.json": json.dumps(
        {"model_type": "bert", "tokenizer_class": "XLNetTokenizer"})}, "names the class 'XLNetTokenizer'"),
    "added_tokens_id_is_a_text": ({**vocab_txt(), "added_tokens.json": '{"y": "5"}'},
                                  "'y' has id \"5\", expected one of 0 to"),
    "added_tokens_id_is_negative": ({**vocab_txt(), "added_tokens.json": '{"y": -1}'},
                                    "'y' has id -1, expected one of 0 to"),
    "added_tokens_id_of_64_bits": ({**vocab_txt(), "added_tokens.json": json.dumps({"y": 2**64 - 1})},
                                   "'y' has id 18446744073709551615"),
    # Links, which may lead to any file.
    "json_is_a_link": ({"other.json": json.dumps(WORDPIECE), "tokenizer.json": Link("other.json")},
                       "tokenizer.json' is a link, expected a regular file"),
    "lines_are_a_link": ({"other.txt": VOCABULARY, "vocab.txt": Link("other.txt")},
                         "vocab.txt' is a link, expected a regular file"),
    "settings_are_a_link": ({**vocab_txt(VOCABULARY), "other.json": "{}",
                             "special_tokens_map.json": Link("other.json")},
                            "special_tokens_map.json' is a link, expected a regular file"),
    "merges_are_a_link": ({**roberta(), "other.txt": "a b\n", "merges.txt": Link("other.txt")},
                          "merges.txt' is a link, expected a regular file"),
    "merges_vocabulary_is_a_link": ({**roberta(), "other.json": json.dumps(ROBERTA),
                                     "vocab.json": Link("other.json")},
                                    "vocab.json' is a link, expected a regular file"),
}


def main():
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    DIRECTORY.mkdir(parents=True)
    with open(DIRECTORY / "expected.tsv", "w", encoding="utf-8") as table:
        table.write("file\terror\tmessage\n")
        for name, (files, message) in RULES.items():
            (DIRECTORY / name).mkdir()
            for file, content in files.items():
                if isinstance(content, Link):
                    (DIRECTORY / name / file).symlink_to(content)
                    continue
                data = content if isinstance(content, bytes) else content.encode()
                (DIRECTORY / name / file).write_bytes(data)
            table.write(f"{name}\tmalformed\t{message}\n")


if __name__ == "__main__":
    main()
