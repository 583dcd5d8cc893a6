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
  bool operator==(const AddedToken&) const = default;
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

  // Hands out the parts of a text (well-formed UTF-8), in order. Splitter and text must outlive it.
  class Parts {
   public:
    Parts(const AddedTokenSplitter& splitter, std::string_view text)
        : splitter_(splitter), text_(text) {}
    // False when there is none left.
    bool next(Part& part);

   private:
    bool find_token();

    const AddedTokenSplitter& splitter_;
    std::string_view text_;
    std::size_t at_ = 0;    // where the next token is looked for
    std::size_t done_ = 0;  // bytes that have been handed out
    // Where the white space ends that a token took along last: that of a token inside it ends
    // there.
    std::size_t stripped_ = 0;
    // The token that was found last and is still to be handed out.
    const AddedToken* token_ = nullptr;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
  };

  bool empty() const { return tokens_.empty(); }

 private:
  // Where the first byte at or behind `at` is that a pattern may begin with; the text's size if
  // none is.
  std::size_t find_start(std::string_view text, std::size_t at) const;

  std::vector<AddedToken> tokens_;
  PieceTrie patterns_;
  std::array<bool, 256> starts_{};  // whether a pattern begins with the byte
  std::string start_bytes_;         // these bytes
};

}  // namespace finemix
