#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace finemix {

// Unicode as the `tokenizers` package has it: its parts follow several versions of the standard, so
// the tables are read off the package, not taken from one version.

inline constexpr std::size_t kCodePoints = 0x110000;
inline constexpr char32_t kReplacement = 0xFFFD;

// Bits of a code point's properties.
enum CodePointProperty : std::uint8_t {
  kOther = 1,  // control, format, private use: dropped when text is cleaned
  kWhitespace = 2,
  kPunctuation = 4,  // as BERT has it: with every ASCII symbol
  kMark = 8,         // nonspacing mark: dropped when accents are stripped
  kWordCharacter = 16,
  kDecomposes = 32,  // canonically
  kLowers = 64,      // differs from its lower-case form
  kReorders = 128,   // has a combining class other than 0
};

// The properties of every code point, by code point.
std::span<const std::uint8_t, kCodePoints> code_point_properties();

// What a character is to the pattern by which GPT-2 splits text into words.
enum class RegexClass : std::uint8_t {
  kOther = 0,
  kLetter = 1,  // \p{L}
  kNumber = 2,  // \p{N}
  kSpace = 3,   // \s
};

// The class of every code point, by code point.
std::span<const RegexClass, kCodePoints> regex_classes();

// Whether BERT treats the character as a word of its own: the blocks of CJK ideographs.
bool is_chinese(char32_t code);

// Whether the normalizer StripAccents drops the character: any mark, also those that take space,
// which BERT keeps.
bool is_accent(char32_t code);

// The lower-case form; one character may become several. Only for those that have kLowers.
std::u32string_view lower_case(char32_t code);

// Appends the full canonical decomposition. Only for those that have kDecomposes.
void append_decomposition(char32_t code, std::u32string& out);

// Appends the full compatibility decomposition of any character: itself where it has none.
void append_compatibility_decomposition(char32_t code, std::u32string& out);

// What canonical composition makes of the two, or 0 if nothing.
char32_t composition(char32_t first, char32_t second);

// The canonical combining class of a character that has kReorders.
std::uint8_t combining_class(char32_t code);

// `text` itself when it is well-formed UTF-8; else a copy in `storage`, in which each maximal part
// of an ill-formed sequence has become U+FFFD (The Unicode Standard, 3.9, "best practice").
std::string_view valid_utf8(std::string_view text, std::string& storage);

// Reads the code point at `position` of well-formed UTF-8 and moves behind it.
inline char32_t next_code_point(std::string_view text, std::size_t& position) {
  const auto next = [&] { return static_cast<unsigned char>(text[position++]); };
  const char32_t lead = next();
  if (lead < 0x80) return lead;
  char32_t code = lead < 0xE0 ? lead & 0x1F : lead < 0xF0 ? lead & 0x0F : lead & 0x07;
  for (int trailing = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3; trailing > 0; --trailing) {
    code = code << 6 | (next() & 0x3Fu);
  }
  return code;
}

void append_utf8(std::string& out, char32_t code);

}  // namespace finemix
