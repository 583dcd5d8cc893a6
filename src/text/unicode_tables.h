#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// What scripts/oracle/tokenizer/make_unicode_tables.py found out; read through unicode.h.
namespace finemix::unicode_tables {

struct PropertyRange {
  char32_t first;
  char32_t last;
  std::uint8_t bits;  // of CodePointProperty
};

struct CodeRange {
  char32_t first;
  char32_t last;
};

struct ClassRange {
  char32_t first;
  char32_t last;
  std::uint8_t combining_class;
};

struct RegexRange {
  char32_t first;
  char32_t last;
  std::uint8_t regex_class;  // of RegexClass
};

struct Mapping {
  char32_t from;
  std::u32string_view to;
};

struct Composition {
  char32_t first;
  char32_t second;
  char32_t composed;
};

// All in ascending order. What no range covers has no property, and classes 0.
extern const std::span<const PropertyRange> kProperties;
extern const std::span<const CodeRange> kChinese;
extern const std::span<const CodeRange> kAccents;
extern const std::span<const ClassRange> kClasses;
extern const std::span<const RegexRange> kRegexClasses;
extern const std::span<const Mapping> kLower;
extern const std::span<const Mapping> kDecomposition;    // in full, without Hangul syllables
extern const std::span<const Mapping> kCompatibility;    // in full, where other than kDecomposition
extern const std::span<const Composition> kComposition;  // canonical, without Hangul syllables

}  // namespace finemix::unicode_tables
