#include "finemix/text/graphemes.h"

#include <algorithm>
#include <vector>

#include "finemix/text/unicode.h"
#include "text/grapheme_tables.h"

namespace finemix {
namespace {

using grapheme_tables::Break;

Break break_of(char32_t code) {
  static const std::vector<Break> all = [] {
    std::vector<Break> values(kCodePoints, Break::kOther);
    for (const auto& range : grapheme_tables::kBreaks) {
      std::fill(values.begin() + range.first, values.begin() + range.last + 1, range.value);
    }
    return values;
  }();
  return all[code];
}

bool is_control(Break value) {
  return value == Break::kCarriageReturn || value == Break::kLineFeed || value == Break::kControl;
}

// The Extend of the annex, whatever it does between consonants.
bool is_extend(Break value) {
  return value == Break::kExtend || value == Break::kLinker || value == Break::kInert;
}

// What of a cluster's beginning the rules look back at.
class Cluster {
 public:
  explicit Cluster(Break first) { take(first); }

  // Whether the cluster goes on with `next`; if so, it is taken in.
  bool extend(Break next) {
    if (breaks_before(next)) return false;
    take(next);
    return true;
  }

 private:
  bool breaks_before(Break next) const {
    if (last_ == Break::kCarriageReturn && next == Break::kLineFeed) return false;  // GB3
    if (is_control(last_) || is_control(next)) return true;                         // GB4, GB5
    switch (next) {
      case Break::kLeadingJamo:
      case Break::kLeadingVowel:
      case Break::kLeadingVowelTrailing:
        if (last_ == Break::kLeadingJamo) return false;  // GB6
        break;
      case Break::kVowelJamo:  // GB6, GB7
        if (last_ == Break::kLeadingJamo || last_ == Break::kLeadingVowel ||
            last_ == Break::kVowelJamo) {
          return false;
        }
        break;
      case Break::kTrailingJamo:  // GB7, GB8
        if (last_ == Break::kLeadingVowel || last_ == Break::kVowelJamo ||
            last_ == Break::kLeadingVowelTrailing || last_ == Break::kTrailingJamo) {
          return false;
        }
        break;
      case Break::kPictograph:
        if (joins_pictograph_) return false;  // GB11
        break;
      case Break::kConsonant:
        if (linked_) return false;  // GB9c
        break;
      case Break::kRegional:
        if (odd_regionals_) return false;  // GB12, GB13
        break;
      default:
        break;
    }
    if (is_extend(next) || next == Break::kZeroWidthJoiner || next == Break::kSpacingMark) {
      return false;  // GB9, GB9a
    }
    return last_ != Break::kPrepend;  // GB9b, GB999
  }

  void take(Break next) {
    joins_pictograph_ = after_pictograph_ && next == Break::kZeroWidthJoiner;
    after_pictograph_ = next == Break::kPictograph || (after_pictograph_ && is_extend(next));
    const bool goes_on =
        next == Break::kExtend || next == Break::kLinker || next == Break::kZeroWidthJoiner;
    linked_ = after_consonant_ && goes_on && (linked_ || next == Break::kLinker);
    after_consonant_ = next == Break::kConsonant || (after_consonant_ && goes_on);
    odd_regionals_ = next == Break::kRegional && !odd_regionals_;
    last_ = next;
  }

  Break last_ = Break::kOther;
  bool after_pictograph_ = false;  // a pictograph and Extends
  bool joins_pictograph_ = false;  // … and a joiner
  bool after_consonant_ = false;   // a consonant and what goes on with it
  bool linked_ = false;            // … with a linker in it
  bool odd_regionals_ = false;
};

}  // namespace

bool GraphemeBreaker::next(std::string_view& cluster) {
  if (at_ == text_.size()) return false;
  const std::size_t begin = at_;
  const auto ascii = [&](std::size_t i) {
    return i == text_.size() || static_cast<unsigned char>(text_[i]) < 0x80;
  };
  // Nothing but a line feed behind a carriage return joins two of ASCII.
  if (ascii(at_) && ascii(at_ + 1) && text_[at_] != '\r') {
    cluster = text_.substr(at_++, 1);
    return true;
  }
  Cluster taken(break_of(next_code_point(text_, at_)));
  for (std::size_t next = at_; next < text_.size(); at_ = next) {
    if (!taken.extend(break_of(next_code_point(text_, next)))) break;
  }
  cluster = text_.substr(begin, at_ - begin);
  return true;
}

}  // namespace finemix
