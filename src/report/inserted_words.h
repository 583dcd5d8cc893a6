#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace finemix {

// A part of a text, and whether it was put in.
struct TextPart {
  std::string text;
  bool inserted = false;
};

// `after` in parts: words that `before` does not have are the ones that were put into it. Where
// more than that was done to it, all from the first difference to the last.
std::vector<TextPart> inserted_words(std::string_view before, std::string_view after);

}  // namespace finemix
