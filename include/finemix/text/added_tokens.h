#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/piece_trie.h"

namespace finemix {

// A token that is cut out of the text before it is split into words: [MASK] and the like.
struct AddedToken {
  std::string content;
  std::int32_t id = -1;
  bool special = true;
  bool normalized = false;   // looked for in the normalized text, in its own normalized form
  bool single_word = false;  // only where no word character is beside it
  bool left_strip = false;   // takes the white space before it along
  bool right_strip = false;  // … and after it
};

// Finds added tokens in a text, as the `tokenizers` package does: leftmost-longest, no overlaps.
class AddedTokenSplitter {
 public:
  struct Part {
    std::string_view text;
    const AddedToken* token;  // nullptr: text between tokens, never empty
  };

  // Looks for patterns[i] where tokens[i] is meant; patterns are distinct and not empty.
  AddedTokenSplitter(std::vector<std::string> patterns, std::vector<AddedToken> tokens);

  // The parts of `text` (well-formed UTF-8), in order.
  std::vector<Part> split(std::string_view text) const;

 private:
  std::vector<AddedToken> tokens_;
  PieceTrie patterns_;
  std::array<bool, 256> starts_{};  // whether a pattern begins with the byte
};

}  // namespace finemix
