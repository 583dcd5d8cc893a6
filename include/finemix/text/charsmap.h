#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

// The table by which a sentencepiece model normalizes text ("precompiled_charsmap"): a double-array
// trie of what is replaced, and behind it the replacements, each ended by a NUL byte. All of it
// comes from a file; what the constructor lets pass, no lookup can leave.
class Charsmap {
 public:
  // Replaces nothing.
  Charsmap() = default;
  // Throws kMalformed, naming `object`, unless `blob` is a length (4 bytes, little-endian), a trie
  // of so many bytes, a positive multiple of 1,024, and replacements in UTF-8 whose last ends with
  // NUL; and unless every unit of the trie that a lookup can reach leads to a unit that there is,
  // and each value is where a character of the replacements begins. None of these is longer than
  // kMaxReplacement.
  Charsmap(std::string_view blob, std::string_view object);

  // Bytes. Unicode's longest has 33; a long one would make texts grow without bound.
  static constexpr std::size_t kMaxReplacement = 256;

  bool empty() const { return units_.empty(); }
  // Bytes of the longest replacement.
  std::size_t longest() const { return longest_; }

  // Appends the normalized form of `text` (well-formed UTF-8), as the `tokenizers` package makes
  // it (its normalizer Precompiled): a grapheme cluster of less than 6 bytes that begins with a key
  // becomes the replacement of the shortest such key, whatever follows in it; all else is replaced
  // character by character. Stops early when `out` is longer than `limit`.
  void normalize(std::string_view text, std::string& out,
                 std::size_t limit = std::string::npos) const;

 private:
  void check_trie(std::string_view object) const;
  // Of the shortest key that `text` begins with.
  std::optional<std::string_view> replacement(std::string_view text) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
  std::size_t longest_ = 0;
  std::array<bool, 128> ascii_replaced_{};  // whether a key is this character
};

}  // namespace finemix
