#!/usr/bin/env python3
"""Writes tests/data/text/: three small tokenizer directories, and examples.jsonl with what the
`tokenizers` package makes of tricky texts with them.

lower/  vocab.txt and tokenizer_config.json, as transformers 4 wrote them
cased/  tokenizer.json, cased, BertProcessing, no accents stripped
added/  tokenizer.json with added tokens of every kind, words of at most 20 characters, "@@" for "##"
"""

import json

import generated_lines
import library
from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers, processors, trainers
from tokenizers.models import WordPiece

TEXTS = [
    "",
    " ",
    "\t\n\r",
    "the movie is good",
    "The MOVIE is Good.",
    "  leading and trailing   spaces  ",
    "unforgettable, unbelievably-good acting!!!",
    "don't it's U.S.A. 10,000 $4.99 50% C++ a/b\\c ~`^|<>=",
    "naïve café Über Straße Œuvre smörgåsbord façade Zürich",
    "nai\u0308ve cafe\u0301 a\u0323\u0307b a\u0307\u0323b",
    "İstanbul ıspanak ΑΣ ΣΊΣΥΦΟΣ ẞ ǅ Ⅷ K Å Ω",
    "中文和漢字 mixed漢字text 東京tower ひらがな カタカナ ㍿ 가각 한국어 각",
    "\U00020000\U0002a6df\U0002a6e0\uf900\ufa0e豈",
    "שלום مرحبا हिन्दी தமிழ் ไทย བོད 𐐀𐐁 𝐇𝐞𝐥𝐥𝐨",
    "👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪 ❤️ :-)",
    "zero\u200bwidth soft\u00adhyphen bom\ufeff joiner\u200d rtl\u202e",
    "nul\u0000byte bell\u0007 delete\u007f nel\u0085 vt\u000b ff\u000c fs\u001c",
    "no\u00a0break ideographic\u3000space line\u2028separator em\u2003space",
    "replacement\ufffd private\ue000 noncharacter\uffff unassigned\u0378",
    "“quoted” ‘single’ «guillemets» ¿qué? … — – ‐ ・ 。 、 § ¶ ¡",
    "a\u302e\u302f\u0301b 𝅗𝅥 \u0344 \u0f73 \U0001d15e\U0001d160",
    "x" * 20,
    "x" * 21,
    "x" * 100,
    "x" * 101,
    "é" * 100,
    "é" * 101,
    "e\u0301" * 60,
    "中" * 30,
    "a" * 50 + "." + "b" * 101 + "!c",
    "[MASK] [CLS][SEP] [UNK] [PAD]",
    "a[MASK]b [mask] [ MASK ] [MASK [[MASK]] [MA SK]",
    "[MASK]ing ##ing # ##",
    "[unused1] </s> <br /> <br/>",
    "left  [ENT]  right [ENT][ENT] x[ENT]y\t[ENT]\n",
    "left  [L]  right [L] x[L]y",
    "left  [R]  right [R]   [R] x[R]y",
    "new-word New-Word NEW-WORD newnew-word new-wordy new-word.",
    "été ÉTÉ Été e\u0301te\u0301 xétéy",
    "solo Solo xsolo soloy solo, (solo) solo_ é\u0301solo solo\u0301",
    "[MASK]x [MASK]xy [MASK]",
    "<br />x <BR /> a<br />b",
]

LENGTHS = [512, 2, 3, 7]
PAIR_LENGTHS = [512, 3, 4, 5, 6, 9, 12, 16]


def train():
    """About 2,000 pieces over all scripts of the generated lines."""
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=2000, limit_alphabet=700, special_tokens=list(library.ROLES.values()),
        show_progress=False)
    lines = [generated_lines.line(n) for n in range(4000)] + TEXTS * 20
    tokenizer.train_from_iterator(lines, trainer)
    return sorted(tokenizer.get_vocab(), key=tokenizer.token_to_id)


def write_lower(vocabulary):
    directory = generated_lines.DATA / "lower"
    directory.mkdir(exist_ok=True)
    (directory / "vocab.txt").write_text("".join(t + "\n" for t in vocabulary), encoding="utf-8")
    config = {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True,
              **library.ROLES, "model_max_length": 512, "tokenizer_class": "BertTokenizer"}
    (directory / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def write_cased(vocabulary):
    tokenizer = library.bert_tokenizer(vocabulary, dict(lowercase=False))
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", vocabulary.index("[SEP]")), ("[CLS]", vocabulary.index("[CLS]")))
    (generated_lines.DATA / "cased").mkdir(exist_ok=True)
    tokenizer.save(str(generated_lines.DATA / "cased" / "tokenizer.json"), pretty=False)


def write_added(vocabulary):
    vocabulary = [("@@" + t[2:]) if t.startswith("##") else t for t in vocabulary]
    tokenizer = library.bert_tokenizer(
        vocabulary, dict(lowercase=True), continuing_subword_prefix="@@",
        max_input_chars_per_word=20)
    tokenizer.add_special_tokens([
        AddedToken("[ENT]", normalized=False, lstrip=True, rstrip=True),
        AddedToken("[L]", normalized=False, lstrip=True),
        AddedToken("[R]", normalized=False, rstrip=True),
    ])
    tokenizer.add_tokens([
        AddedToken("New-Word", normalized=True),
        AddedToken("ÉTÉ", normalized=True),
        AddedToken("solo", normalized=True, single_word=True),
        AddedToken("Solo", normalized=False, single_word=True),
        AddedToken("[MASK]x", normalized=False),
        AddedToken("<br />", normalized=False),
    ])
    (generated_lines.DATA / "added").mkdir(exist_ok=True)
    tokenizer.enable_truncation(max_length=5)  # finemix has a length of its own
    tokenizer.enable_padding(length=7)
    tokenizer.save(str(generated_lines.DATA / "added" / "tokenizer.json"), pretty=False)


def main():
    vocabulary = train()
    write_lower(vocabulary)
    write_cased(vocabulary)
    write_added(vocabulary)

    texts = TEXTS + [generated_lines.line(n) for n in range(10)]
    with open(generated_lines.DATA / "examples.jsonl", "w", encoding="utf-8") as file:
        for model in ("lower", "cased", "added"):
            def write(text, text_b, max_length):
                tokenizer = library.load(generated_lines.DATA / model, max_length)
                inputs = [text] if text_b is None else [text, text_b]
                encoding = tokenizer.encode(*inputs)
                file.write(json.dumps({
                    "model": model, "texts": inputs, "max_length": max_length, "ids": encoding.ids,
                    "type_ids": encoding.type_ids}, separators=(",", ":")) + "\n")

            for i, text in enumerate(texts):
                write(text, None, 512)
                write(text, None, LENGTHS[1 + i % 3])
                write(text, texts[(i * 7 + 3) % len(texts)], PAIR_LENGTHS[i % len(PAIR_LENGTHS)])


if __name__ == "__main__":
    main()
