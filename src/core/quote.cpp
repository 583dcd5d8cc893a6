#include "finemix/core/quote.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace finemix {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};
// What is not seen (Default_Ignorable_Code_Point of Unicode 15, and blanks that look like nothing),
// turns round what stands beside it (UAX #9), ends a line, or may not be in XML. Joiners and
// variation selectors belong to words of some scripts and to emoji.
constexpr std::array<Range, 20> kMisleading = {
    {{0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},   {0x115F, 0x1160},
     {0x17B4, 0x17B5},   {0x180E, 0x180E},   {0x200B, 0x200B},   {0x200E, 0x200F},
     {0x2028, 0x202E},   {0x2060, 0x206F},   {0x2800, 0x2800},   {0x3164, 0x3164},
     {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
     {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF}, {0xE01F0, 0xE0FFF}}};

// `character` is one in UTF-8.
bool misleads(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  char32_t point = byte(0) & (0x7Fu >> character.size());
  for (std::size_t i = 1; i < character.size(); ++i) point = point << 6 | (byte(i) & 0x3Fu);
  return std::ranges::any_of(kMisleading, [point](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

// Bytes of the printable UTF-8 character that `text` begins with; 0 when it does not begin with
// one. The second byte's bounds keep out overlong forms, surrogates, code points over U+10FFFF
// (Unicode 15, table 3-7), and the control characters U+0080 to U+009F.
std::size_t printable_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F;
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned low = lead == 0xC2 || lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) >> 6 != 2) return 0;
  }
  return misleads(text.substr(0, length)) ? 0 : length;
}

void append_printable(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  while (!text.empty()) {
    const std::size_t length = printable_length(text);
    if (length > 0) {
      out += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      const auto byte = static_cast<unsigned char>(text.front());
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      text.remove_prefix(1);
    }
  }
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  if (text.size() <= limit) {
    append_printable(out, text);
  } else {
    append_printable(out, text.substr(0, limit - limit / 2));
    out += " ... ";
    append_printable(out, text.substr(text.size() - limit / 2));
  }
  return out;
}

std::string quote(std::string_view text, std::size_t limit) {
  return "'" + printable(text, limit) + "'";
}

std::string shell_word(std::string_view word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_=+./:,@").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  // Line ends, and what is shown otherwise than it is, only $'…' writes on one line.
  const bool control = printable(word, word.size()) != word;
  std::string quoted;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (control && (std::iscntrl(byte) != 0 || byte >= 0x80)) {
      constexpr std::string_view kOctal = "01234567";
      quoted += {'\\', kOctal[byte >> 6], kOctal[byte >> 3 & 7], kOctal[byte & 7]};
    } else if (c == '\'') {
      quoted += control ? "\\'" : "'\\''";
    } else {
      quoted += c == '\\' && control ? std::string("\\\\") : std::string(1, c);
    }
  }
  return (control ? "$'" : "'") + quoted + "'";
}

}  // namespace finemix
