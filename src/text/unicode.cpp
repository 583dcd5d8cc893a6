#include "finemix/text/unicode.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "text/unicode_tables.h"

namespace finemix {
namespace {

constexpr char32_t kHangulFirst = 0xAC00;
constexpr char32_t kHangulLast = 0xD7A3;
constexpr char32_t kLeadFirst = 0x1100;
constexpr char32_t kLeads = 19;
constexpr char32_t kVowelFirst = 0x1161;
constexpr char32_t kVowels = 21;
constexpr char32_t kBeforeTails = 0x11A7;
constexpr char32_t kTails = 28;  // with none

std::u32string_view find_mapping(std::span<const unicode_tables::Mapping> table, char32_t code) {
  return std::ranges::lower_bound(table, code, {}, &unicode_tables::Mapping::from)->to;
}

// The range that holds `code`, or nullptr.
template <typename Range>
const Range* find_range(std::span<const Range> table, char32_t code) {
  const auto after = std::ranges::upper_bound(table, code, {}, &Range::first);
  if (after == table.begin() || code > (after - 1)->last) return nullptr;
  return &*(after - 1);
}

struct Sequence {
  std::size_t length;
  bool valid;
};

// The well-formed sequence at the start of `text` (not ASCII), or the longest beginning of one, at
// least a byte: The Unicode Standard, table 3-7.
Sequence first_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size() || byte(i) < low || byte(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

// Where the first byte at or behind `at` is that is not ASCII.
std::size_t skip_ascii(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  for (std::uint64_t eight; text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    if (eight & kHighBits) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

}  // namespace

std::span<const std::uint8_t, kCodePoints> code_point_properties() {
  static const std::vector<std::uint8_t> properties = [] {
    std::vector<std::uint8_t> all(kCodePoints, 0);
    for (const auto& range : unicode_tables::kProperties) {
      std::fill(all.begin() + range.first, all.begin() + range.last + 1, range.bits);
    }
    return all;
  }();
  return std::span<const std::uint8_t, kCodePoints>(properties);
}

std::span<const RegexClass, kCodePoints> regex_classes() {
  static const std::vector<RegexClass> classes = [] {
    std::vector<RegexClass> all(kCodePoints, RegexClass::kOther);
    for (const auto& range : unicode_tables::kRegexClasses) {
      std::fill(all.begin() + range.first, all.begin() + range.last + 1,
                static_cast<RegexClass>(range.regex_class));
    }
    return all;
  }();
  return std::span<const RegexClass, kCodePoints>(classes);
}

bool is_chinese(char32_t code) {
  return code >= unicode_tables::kChinese.front().first &&
         find_range(unicode_tables::kChinese, code) != nullptr;
}

bool is_accent(char32_t code) {
  return code >= unicode_tables::kAccents.front().first &&
         find_range(unicode_tables::kAccents, code) != nullptr;
}

std::u32string_view lower_case(char32_t code) { return find_mapping(unicode_tables::kLower, code); }

void append_decomposition(char32_t code, std::u32string& out) {
  if (code < kHangulFirst || code > kHangulLast) {
    out += find_mapping(unicode_tables::kDecomposition, code);
    return;
  }
  // The Unicode Standard, 3.12: a syllable is (lead · 21 + vowel) · 28 + tail.
  const char32_t syllable = code - kHangulFirst;
  out += kLeadFirst + syllable / (kVowels * kTails);
  out += kVowelFirst + syllable / kTails % kVowels;
  if (syllable % kTails != 0) out += kBeforeTails + syllable % kTails;
}

void append_compatibility_decomposition(char32_t code, std::u32string& out) {
  const auto& table = unicode_tables::kCompatibility;
  const auto found = std::ranges::lower_bound(table, code, {}, &unicode_tables::Mapping::from);
  if (found != table.end() && found->from == code) {
    out += found->to;
  } else if (code_point_properties()[code] & kDecomposes) {
    append_decomposition(code, out);
  } else {
    out += code;
  }
}

char32_t composition(char32_t first, char32_t second) {
  // The Unicode Standard, 3.12: lead and vowel, or those and a tail.
  if (first >= kLeadFirst && first < kLeadFirst + kLeads && second >= kVowelFirst &&
      second < kVowelFirst + kVowels) {
    return kHangulFirst + ((first - kLeadFirst) * kVowels + (second - kVowelFirst)) * kTails;
  }
  if (first >= kHangulFirst && first <= kHangulLast && (first - kHangulFirst) % kTails == 0 &&
      second > kBeforeTails && second < kBeforeTails + kTails) {
    return first + (second - kBeforeTails);
  }
  const auto& table = unicode_tables::kComposition;
  const auto pair = [](const unicode_tables::Composition& c) {
    return std::pair(c.first, c.second);
  };
  const auto found = std::ranges::lower_bound(table, std::pair(first, second), {}, pair);
  return found != table.end() && pair(*found) == std::pair(first, second) ? found->composed : 0;
}

std::uint8_t combining_class(char32_t code) {
  const auto* range = find_range(unicode_tables::kClasses, code);
  return range ? range->combining_class : 0;
}

std::string_view valid_utf8(std::string_view text, std::string& storage) {
  std::size_t done = 0;  // bytes of `text` that are in `storage`
  bool copied = false;
  for (std::size_t at = 0; (at = skip_ascii(text, at)) < text.size();) {
    const Sequence sequence = first_sequence(text.substr(at));
    if (!sequence.valid) {
      if (!copied) storage.clear();
      copied = true;
      storage += text.substr(done, at - done);
      append_utf8(storage, kReplacement);
      done = at + sequence.length;
    }
    at += sequence.length;
  }
  if (!copied) return text;
  return storage += text.substr(done);
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  const auto put_trailing = [&](int shift) { put(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put_trailing(0);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put_trailing(6);
    put_trailing(0);
  } else {
    put(0xF0 | code >> 18);
    put_trailing(12);
    put_trailing(6);
    put_trailing(0);
  }
}

}  // namespace finemix
