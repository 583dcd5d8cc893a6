#!/usr/bin/env python3
"""Writes src/text/unicode_tables.cpp by asking the `tokenizers` package about every code point.

The package's Rust crates carry several versions of Unicode at once (its categories are years older
than its lower-casing), so no single Unicode version gives its ids: each property is read off its
answers instead.

    pip install -r requirements.txt
    ./make_unicode_tables.py ../../../src/text/unicode_tables.cpp
"""

import sys
import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordLevel

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xAC00 + 11172)

# In the order of the bits of `Property` in src/text/unicode_tables.h.
OTHER, WHITESPACE, PUNCTUATION, MARK, WORD, DECOMPOSES, LOWERS, REORDERS = (1 << i for i in range(8))


def bert(**on):
    options = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**options, **on}).normalize_str


def hexed(text):
    return "".join(f"\\x{ord(c):x}" for c in text)


def added_token(**flags):
    """Ids of a tokenizer that knows the added token "Q" and nothing else."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.add_tokens([AddedToken("Q", normalized=False, **flags)])
    return lambda text: tokenizer.encode(text).ids


def probe_properties():
    clean, lower, strip = bert(clean_text=True), bert(lowercase=True), bert(strip_accents=True)
    chinese, nfd = bert(handle_chinese_chars=True), normalizers.NFD().normalize_str
    words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    single_word, right_strip = added_token(single_word=True), added_token(rstrip=True)

    flags, lowered, decomposed, cjk = {}, {}, {}, []
    for code in CODE_POINTS:
        c, bits = chr(code), 0
        cleaned = clean(c)
        assert cleaned in ("", " ", c), hex(code)
        bits |= OTHER if cleaned == "" else 0
        parts = len(words("a" + c + "a"))
        bits |= {1: 0, 2: WHITESPACE, 3: PUNCTUATION}[parts]
        # One set of white space serves cleaning, splitting and the added tokens' stripping.
        assert cleaned == "" or (cleaned == " ") == (parts == 2), hex(code)
        assert (right_strip("Q" + c) == [1]) == (parts == 2), hex(code)
        bits |= WORD if 1 not in single_word("Q" + c) else 0
        assert (1 in single_word(c + "Q")) == (1 in single_word("Q" + c)) or c == "Q", hex(code)
        if nfd(c) != c:
            bits |= DECOMPOSES
            decomposed[code] = nfd(c)
        elif strip(c) == "":
            bits |= MARK
        if lower(c) != c:
            bits |= LOWERS
            lowered[code] = lower(c)
        if chinese(c) != c:
            assert chinese(c) == f" {c} ", hex(code)
            cjk.append(code)
        flags[code] = bits
    return flags, lowered, decomposed, cjk


def probe_regex_classes():
    """1 for \\p{L}, 2 for \\p{N}, 3 for \\s of the pattern by which GPT-2's words are split."""
    words = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    classes = {}
    for code in CODE_POINTS:
        c = chr(code)
        # A space goes along with what follows it, and none is needed between two alike.
        found = [kind for kind, like in enumerate("!a1") if len(words(like + c + c)) == 1]
        assert len(found) <= 1, hex(code)
        if found == [0]:
            continue
        classes[code] = found[0] if found else 3
        assert found or len(words("a" + c + c)) == 2, hex(code)
    return classes


def probe_reordering(flags):
    """Canonical combining classes by sorting each code point against one mark of every class."""
    nfd = normalizers.NFD().normalize_str

    def swaps(first, second):
        return first != second and nfd("a" + first + second) == "a" + second + first

    lowest, highest = "\u0334", "\u0345"  # classes 1 and 240
    reordered = [
        code for code in CODE_POINTS if not flags[code] & DECOMPOSES and
        (swaps(chr(code), lowest) or swaps(highest, chr(code)))
    ]
    # Python's Unicode only proposes one mark of each class; the order is the package's.
    by_class = {}
    for code in reordered:
        if unicodedata.combining(chr(code)):
            by_class.setdefault(unicodedata.combining(chr(code)), chr(code))
    order = sorted(by_class)
    assert all(swaps(by_class[high], by_class[low]) for low, high in zip(order, order[1:]))
    classes = {}
    for code in reordered:
        c = chr(code)
        same = [k for k in order if not swaps(c, by_class[k]) and not swaps(by_class[k], c)]
        assert len(same) == 1, hex(code)
        classes[code] = same[0]
    return classes


def probe_compatibility(decomposed):
    """Full compatibility decompositions, where they are other than the canonical ones."""
    nfkd = normalizers.NFKD().normalize_str
    return {
        code: nfkd(chr(code)) for code in CODE_POINTS
        if code not in HANGUL and nfkd(chr(code)) != decomposed.get(code, chr(code))
    }


def probe_accents():
    """What the normalizer StripAccents drops: all marks, where BERT's drops nonspacing ones."""
    strip = normalizers.StripAccents().normalize_str
    return {code: 1 for code in CODE_POINTS if strip(chr(code)) == ""}


def probe_composition(decomposed):
    """first + second → composed, of all that canonical composition makes, without Hangul."""
    nfc = normalizers.NFC().normalize_str
    pairs = {}
    for code, parts in decomposed.items():
        if nfc(chr(code)) != chr(code):
            continue  # excluded from composition
        first, second = nfc(parts[:-1]), parts[-1]
        assert len(first) == 1 and nfc(first + second) == chr(code), hex(code)
        pairs[first + second] = chr(code)
    return pairs


def valued_ranges(values):
    """[first, last, value] of the code points that have a value other than 0."""
    out = []
    for code, value in sorted(values.items()):
        if out and out[-1][1:] == [code - 1, value]:
            out[-1][1] = code
        elif value:
            out.append([code, code, value])
    return out


def array(kind, name, items):
    lines, line = [], " "
    for item in items:
        if len(line) + len(item) + 2 > 100:
            lines.append(line)
            line = " "
        line += f" {item},"
    body = "\n".join(lines + [line])
    return f"const {kind} {name}Data[] = {{\n{body}\n}};\nconst std::span<const {kind}> {name}(" \
        f"{name}Data);\n"


def main():
    flags, lowered, decomposed, cjk = probe_properties()
    classes = probe_reordering(flags)
    regex_classes = probe_regex_classes()
    for code in classes:
        flags[code] |= REORDERS
    # Hangul syllables decompose by arithmetic (The Unicode Standard, 3.12).
    for code in HANGUL:
        lead, rest = divmod(code - 0xAC00, 588)
        vowel, tail = divmod(rest, 28)
        jamo = chr(0x1100 + lead) + chr(0x1161 + vowel) + (chr(0x11A7 + tail) if tail else "")
        assert decomposed.pop(code) == jamo
    for text in decomposed.values():
        assert not any(flags[ord(c)] & DECOMPOSES for c in text)

    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(
            "// generated by scripts/oracle/tokenizer/make_unicode_tables.py from tokenizers "
            f"{tokenizers.__version__}\n// clang-format off\n"
            '#include "text/unicode_tables.h"\n\nnamespace finemix::unicode_tables {\n\n')
        out.write(array("PropertyRange", "kProperties", (
            f"{{0x{a:x}, 0x{b:x}, {bits}}}" for a, b, bits in valued_ranges(flags))))
        out.write("\n" + array("CodeRange", "kChinese", (
            f"{{0x{a:x}, 0x{b:x}}}" for a, b, _ in valued_ranges(dict.fromkeys(cjk, 1)))))
        out.write("\n" + array("CodeRange", "kAccents", (
            f"{{0x{a:x}, 0x{b:x}}}" for a, b, _ in valued_ranges(probe_accents()))))
        out.write("\n" + array("ClassRange", "kClasses", (
            f"{{0x{a:x}, 0x{b:x}, {ccc}}}" for a, b, ccc in valued_ranges(classes))))
        out.write("\n" + array("RegexRange", "kRegexClasses", (
            f"{{0x{a:x}, 0x{b:x}, {kind}}}" for a, b, kind in valued_ranges(regex_classes))))
        compatible = probe_compatibility(decomposed)
        for name, mapping in (("kLower", lowered), ("kDecomposition", decomposed),
                              ("kCompatibility", compatible)):
            out.write("\n" + array("Mapping", name, (
                f'{{0x{code:x}, U"{hexed(text)}"}}' for code, text in sorted(mapping.items()))))
        out.write("\n" + array("Composition", "kComposition", (
            f"{{0x{ord(pair[0]):x}, 0x{ord(pair[1]):x}, 0x{ord(composed):x}}}"
            for pair, composed in sorted(probe_composition(decomposed).items()))))
        out.write("\n}  // namespace finemix::unicode_tables\n")


if __name__ == "__main__":
    main()
