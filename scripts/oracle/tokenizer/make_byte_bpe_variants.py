#!/usr/bin/env python3
"""Writes tests/data/text/byte_bpe/variants.jsonl: in each line a tiny byte-level BPE tokenizer with
other options and what the `tokenizers` package makes of some texts with it."""

import json

import generated_lines
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import BPE

ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
SPECIAL = ["<s>", "</s>", "<unk>"]
MERGES = [("a", "b"), ("ab", "c"), ("Ġ", "a"), ("Ġ", "ab"), ("a", "a"), ("aa", "aa"), ("Ã", "©"),
          ("c", "c"), ("cc", "cc"), ("Ġ", "c"), ("Ġ", "Ġ"), ("'", "t"), ("1", "2")]
WHOLE = ["Ġabc", "abcabcabcabcabc", "cab", "Ġcab"]  # that no merge makes
TEXTS = [
    "", " ", "abc", " abc ab  ab", "abcabcabcabcabc aaaaaaa", "cab cab", "don't 'tab' 12 a12",
    "\nab\tab \n ab", "é éab x xx xé", "<s>ab</s> ab<x>  ab <x>", "  <l>  ab<l>\tab <l>", "ab<n>AB <n>ab",
    "\u3000ab\u00a0ab\u2028 ab", "x" * 30 + "ccccccc", "中ab文 \U0001f600ab",
]
# name → (model's options, ByteLevel's options, characters without a token, post-processor)
VARIANTS = {
    "plain": ({}, {}, "", "roberta"),
    "prefix_space": ({}, {"add_prefix_space": True}, "", "roberta"),
    "one_word": ({}, {"use_regex": False}, "", "roberta"),
    "one_word_prefix_space": ({}, {"use_regex": False, "add_prefix_space": True}, "", "bert"),
    "whole_words": ({"ignore_merges": True}, {}, "", "roberta"),
    "whole_texts": ({"ignore_merges": True}, {"use_regex": False}, "", "byte_level"),
    "dropped": ({}, {}, "xÃ", "byte_level"),
    "unknown": ({"unk_token": "<unk>"}, {}, "xÃ", "bert"),
    "unknown_fused": ({"unk_token": "<unk>", "fuse_unk": True}, {}, "xÃ", "roberta"),
    "fallback_for_nothing": ({"byte_fallback": True}, {}, "", "roberta"),
}
PROCESSORS = {
    "roberta": lambda: processors.RobertaProcessing(("</s>", 1), ("<s>", 0)),
    "bert": lambda: processors.BertProcessing(("</s>", 1), ("<s>", 0)),
    "byte_level": lambda: processors.ByteLevel(trim_offsets=True),
}


def make(model, words, without, processor):
    tokens = SPECIAL + [c for c in ALPHABET if c not in without]
    tokens += [a + b for a, b in MERGES if a + b not in tokens] + WHOLE
    vocabulary = {token: id for id, token in enumerate(tokens)}
    merges = [m for m in MERGES if not set("".join(m)) & set(without)]
    tokenizer = Tokenizer(BPE(vocabulary, merges, **model))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(**{"add_prefix_space": False, **words})
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = PROCESSORS[processor]()
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in SPECIAL])
    tokenizer.add_special_tokens([AddedToken("<l>", lstrip=True, normalized=False)])
    tokenizer.add_tokens([AddedToken("<x>", normalized=False), AddedToken("<n>", normalized=True)])
    return tokenizer


def encodings(tokenizer):
    for i, text in enumerate(TEXTS):
        for inputs, max_length in (([text], None), ([text], 3 + i % 3),
                                   ([text, TEXTS[(i * 7 + 2) % len(TEXTS)]], 4 + i)):
            tokenizer.no_truncation()
            if max_length is not None:
                tokenizer.enable_truncation(max_length)
            encoding = tokenizer.encode(*inputs)
            yield {"texts": inputs, "max_length": max_length or 512, "ids": encoding.ids,
                   "type_ids": encoding.type_ids}
    tokenizer.no_truncation()


def main():
    with open(generated_lines.DATA / "byte_bpe" / "variants.jsonl", "w", encoding="utf-8") as file:
        for name, options in VARIANTS.items():
            tokenizer = make(*options)
            expected = list(encodings(tokenizer))
            file.write(json.dumps({"name": name, "tokenizer": json.loads(tokenizer.to_str()),
                                   "expected": expected}, ensure_ascii=False,
                                  separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
