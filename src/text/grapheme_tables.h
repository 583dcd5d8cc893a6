#pragma once

#include <cstdint>
#include <span>

// What scripts/oracle/tokenizer/make_grapheme_tables.py found out; read through graphemes.h.
namespace finemix::grapheme_tables {

// Of Unicode Standard Annex #29, table 2, with what GB9c and GB11 ask besides.
enum class Break : std::uint8_t {
  kOther,
  kCarriageReturn,
  kLineFeed,
  kControl,
  kExtend,
  kLinker,  // an Extend that joins Indic consonants (InCB=Linker)
  kInert,   // an Extend over which they are not joined (InCB=None)
  kZeroWidthJoiner,
  kRegional,
  kPrepend,
  kSpacingMark,
  kLeadingJamo,
  kVowelJamo,
  kTrailingJamo,
  kLeadingVowel,          // LV
  kLeadingVowelTrailing,  // LVT
  kPictograph,
  kConsonant,  // InCB=Consonant
};

struct BreakRange {
  char32_t first;
  char32_t last;
  Break value;
};

// In ascending order; what no range covers is kOther.
extern const std::span<const BreakRange> kBreaks;

}  // namespace finemix::grapheme_tables
