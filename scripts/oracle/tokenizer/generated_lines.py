"""Lines of text over many scripts, the same here as in tests/unit/text/generated_lines.h."""

import pathlib

DATA = pathlib.Path(__file__).resolve().parents[3] / "tests" / "data" / "text"
MASK = (1 << 64) - 1

SEPARATORS = [" "] * 9 + ["", "", "  ", "\t", "\u00a0", "\u3000", "\r\n\u2028\u0085\u000b"]
# Code points beside the borders of what Unicode and UTF-8 treat alike.
EDGES = [
    0x0, 0x1, 0x1F, 0x7F, 0x80, 0x85, 0xAD, 0x7FF, 0x800, 0x180E, 0x200B, 0x200D, 0x200E, 0x202E,
    0x2060, 0x2FFF, 0x33FF, 0x3400, 0x4DBF, 0x4DC0, 0x4DFF, 0x4E00, 0x9FFF, 0xA000, 0xABFF, 0xAC00,
    0xD7A3, 0xD7A4, 0xD7FF, 0xE000, 0xF8FF, 0xFAFF, 0xFB00, 0xFDD0, 0xFEFF, 0xFFF9, 0xFFFC, 0xFFFD,
    0xFFFE, 0xFFFF, 0x10000, 0x1F3FB, 0x1FFFF, 0x2A6DF, 0x2A6E0, 0x2FA1F, 0x2FA20, 0xE0001, 0xEFFFF,
    0xF0000, 0x10FFFD, 0x10FFFF,
]


def read_alphabets(name):
    """A list of characters for each line of the file: "name first-last first-last …"."""
    alphabets = []
    for line in (DATA / name).read_text(encoding="ascii").splitlines():
        ranges = (part.split("-") for part in line.split()[1:])
        alphabets.append([chr(c) for a, b in ranges for c in range(int(a, 16), int(b, 16) + 1)])
    return alphabets


def read_words(name):
    return (DATA / name).read_text(encoding="utf-8").split("\n")[:-1]


ALPHABETS = read_alphabets("alphabets.txt")
MARKS = read_alphabets("marks.txt")[0]
EMOJI = read_alphabets("emoji.txt")[0]
WORDS = read_words("words.txt")
SPECIAL_WORDS = read_words("special_words.txt")


class Random:
    """Knuth's MMIX linear congruential generator."""

    def __init__(self, seed):
        self.state = seed * 0x9E3779B97F4A7C15 & MASK
        for _ in range(3):
            self.below(1)

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 33) % bound

    def choose(self, items):
        return items[self.below(len(items))]


def any_code_point(random):
    code = random.below(0x10F800)
    return chr(code if code < 0xD800 else code + 0x800)


def repeat(count, make):
    return "".join(make() for _ in range(count))


def word(random):
    kind = random.below(20)
    if kind < 6:
        return random.choose(WORDS)
    if kind < 12:
        alphabet = random.choose(ALPHABETS)
        return repeat(1 + random.below(10), lambda: random.choose(alphabet))
    if kind == 12:
        return random.choose(SPECIAL_WORDS)
    if kind == 13:
        alphabet = random.choose(ALPHABETS)
        return repeat(90 + random.below(25), lambda: random.choose(alphabet))
    if kind == 14:
        alphabet = random.choose(ALPHABETS)
        return repeat(1 + random.below(3), lambda: random.choose(alphabet) + repeat(
            random.below(6), lambda: random.choose(MARKS)))
    if kind == 15:
        return repeat(1 + random.below(4), lambda: random.choose(EMOJI) + random.choose(
            ["", "\u200d", "\ufe0f", "\u200d\u2642\ufe0f"]))
    if kind == 16:
        return repeat(1 + random.below(4), lambda: any_code_point(random))
    if kind == 17:
        return repeat(1 + random.below(4), lambda: chr(random.choose(EDGES)))
    if kind == 18:
        return repeat(1 + random.below(8), lambda: chr(0x21 + random.below(94)))
    return random.choose(WORDS) + random.choose(random.choose(ALPHABETS)) + random.choose(WORDS)


def line(number):
    random = Random(number)
    text = word(random)
    for _ in range(random.below(16)):
        text += random.choose(SEPARATORS) + word(random)
    return text


def vocabulary():
    """Every character that the lines are made of, alone and as a continuation, and some words."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = [c for alphabet in ALPHABETS + [MARKS, EMOJI] for c in alphabet]
    characters += [chr(c) for c in range(0x21, 0x7F)]
    for c in characters:
        tokens += [c, "##" + c]
    for w in WORDS:
        tokens += [w, "##" + w, w[:2], "##" + w[:2], w[:3], "##" + w[2:]]
    return list(dict.fromkeys(tokens))
