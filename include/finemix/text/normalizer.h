#pragma once

#include <string>
#include <string_view>

namespace finemix {

// BERT's normalization, the stages in the order of the members: each option is one stage.
struct BertNormalizer {
  bool clean_text = true;        // drop control characters, make all white space " "
  bool separate_chinese = true;  // put spaces around ideographs
  bool strip_accents = true;     // decompose canonically, drop nonspacing marks
  bool lowercase = true;         // each character by itself

  bool operator==(const BertNormalizer&) const = default;

  // Replaces `out` by the normalized form of `text`, which must be well-formed UTF-8.
  void normalize(std::string_view text, std::string& out) const;
  std::string normalize(std::string_view text) const;
};

}  // namespace finemix
