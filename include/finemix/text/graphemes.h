#pragma once

#include <cstddef>
#include <string_view>

namespace finemix {

// Cuts text into extended grapheme clusters (Unicode Standard Annex #29), in time linear in it. The
// properties are those of the Unicode version that the `tokenizers` package has.
class GraphemeBreaker {
 public:
  // `text` is well-formed UTF-8 and outlives the breaker.
  explicit GraphemeBreaker(std::string_view text) : text_(text) {}

  // False when no cluster is left.
  bool next(std::string_view& cluster);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace finemix
