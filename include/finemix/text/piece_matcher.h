#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/piece_trie.h"

namespace finemix {

// Cuts a word into its longest known beginning, the longest known beginning of the rest, and so on,
// in one pass whatever vocabulary and word are (Song et al., "Fast WordPiece Tokenization", EMNLP
// 2021): where the trie ends, the text read so far is not read again, but a link leads to where the
// pieces that are certain by now leave off.
class PieceMatcher {
 public:
  // Tokens that start with `prefix` go on with a word. Tokens must be distinct; empty ones are
  // holes. An id is an index.
  PieceMatcher(std::span<const std::string> vocabulary, std::string_view prefix);

  // Adds the ids of the word's pieces. False when a part of the word is no piece: some ids of
  // others may have been added then.
  bool append(std::string_view word, std::vector<std::int32_t>& ids) const;
  // The id of exactly this token, or -1.
  std::int32_t find(std::string_view token) const;

 private:
  // What to do at a node whose children do not go on with the text.
  struct Failure {
    PieceTrie::Node next = PieceTrie::kNowhere;  // where the rest leads; nowhere if there is none
    std::int32_t pieces = kNone;  // what is certain: ~id of one, or an index of both_
  };
  // Pieces, and pieces behind them.
  struct Both {
    std::int32_t first;
    std::int32_t second;
  };
  static constexpr std::int32_t kNone = INT32_MAX;

  std::int32_t joined(std::int32_t first, std::int32_t second);
  Failure failure_below(PieceTrie::Node parent, char byte);
  void add(std::int32_t pieces, std::vector<std::int32_t>& ids) const;

  std::size_t tokens_;
  PieceTrie trie_;  // tokens; and those that go on with a word, with kGoesOn for the prefix
  PieceTrie::Node going_on_;
  std::vector<Failure> failures_;  // by node
  std::vector<Both> both_;
};

}  // namespace finemix
