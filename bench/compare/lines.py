"""Texts by the million for tokenizers: the data sets' own lines, and lines made from them.

Half of the made lines are two halves of other lines; the others carry what breaks tokenizers:
capitals, accents, scripts without spaces, marks, odd spaces, words that are in no vocabulary.
"""

import random
from itertools import chain

from inputs import rows_of
from process import NotMeasured

SOURCES = ("sst2/train", "sst2/test", "sst2/dev", "sst2/syntactic_train", "sst2/style_bible_train",
           "qnli/train", "qqp/train", "amazon/train", "imdb/train")
LONGEST = 400  # characters; reviews are cut into pieces
ODD = ["É", "naïve", "İstanbul", "ß", "ﬁne", "日本語", "汉字", "한국어", "ไทย", "हिन्दी", "العربية",
       "שלום", "Ωmega", "ẞ", "e\u0301", "a\u0308o\u0328", "\u200b", "\u00a0", "\u3000", "\u2028",
       "😀", "👨‍👩‍👧", "—", "…", "“q”", "$5.00", "a_b", "C++", "#tag", "@me", "x²", "½", "№",
       "\u00ad", "\ufeff", "\x7f", "\ufffd", "[MASK]", "[cls]", "##ing", "supercalifragilistic" * 6]


def write(context, count, name):
    """A file with the column `text` and `count` lines, none of them twice."""
    path = context.work / f"lines-{name}-{count}.tsv"
    if path.is_file():
        return path
    own = source_lines(context.inputs)
    rng = random.Random(name)
    rng.shuffle(own)
    seen = set()
    part = path.with_suffix(".part")
    with open(part, "w", encoding="utf-8", newline="\n") as file:
        file.write("text\n")
        for line in chain(own[:count // 2], made(own, rng)):
            if line not in seen and line.strip():
                seen.add(line)
                file.write(line + "\n")
            if len(seen) == count:
                break
    part.rename(path)
    return path


def source_lines(inputs):
    found = set()
    for name in SOURCES:
        try:
            header, rows = rows_of(inputs.file(name))
        except NotMeasured:
            continue
        texts = [i for i, column in enumerate(header.split("\t")) if column.startswith("text")]
        for row in rows:
            cells = row.split("\t")
            for text in (cells[i].replace("\r", " ") for i in texts):
                found.update(text[i:i + LONGEST] for i in range(0, len(text), LONGEST))
    if not found:
        raise NotMeasured("no data sets in the folder that --data names")
    return sorted(found)


def made(own, rng):
    """Lines without end."""
    while True:
        first, second = rng.choice(own).split(" "), rng.choice(own).split(" ")
        words = first[:len(first) // 2 + 1] + second[len(second) // 2:]
        if rng.random() < 0.5:
            words[rng.randrange(len(words))] = rng.choice(ODD)
            index = rng.randrange(len(words))
            words[index] = rng.choice([str.upper, str.title, str.swapcase])(words[index])
            words[rng.randrange(len(words))] += rng.choice(ODD)
        yield " ".join(words)[:LONGEST]
