#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/piece_model.h"
#include "finemix/text/piece_trie.h"
#include "finemix/text/vocabulary.h"

namespace finemix {

// A unigram language model (Kudo, "Subword Regularization", ACL 2018): of all ways to cut a word
// into pieces, the one with the highest sum of scores. Sums, ties and unknown characters are those
// of the `tokenizers` package, which transformers runs for every family: scores are doubles, a
// character that is no piece costs 10 more than the worst piece, neighbouring unknown ones are one.
class Unigram : public PieceModel {
 public:
  struct Config {
    std::string name;            // the file, for messages
    std::vector<double> scores;  // by id
    std::int64_t unknown_id = 0;
    bool byte_fallback = false;  // unknown ones become "<0x0A>" … if the model has all these pieces
  };

  // The pieces are the tokens of the vocabulary's model, which are distinct: the trie asks for
  // that. Throws kMalformed when one is empty, a score is not finite, or there is no piece
  // `unknown_id`; kInternal unless there are as many scores as pieces.
  Unigram(const Vocabulary& vocabulary, const Config& config);

  // Time is linear in the word, times the longest piece at worst.
  void append(std::string_view word, std::vector<std::int32_t>& ids) const override;
  std::int32_t unknown_id() const override { return unknown_id_; }

 private:
  void append_unknown(std::string_view part, std::vector<std::int32_t>& ids) const;

  PieceTrie trie_;
  std::vector<double> scores_;
  std::int32_t unknown_id_;
  double unknown_score_ = 0;
  std::vector<std::int32_t> byte_ids_;  // by byte; empty without byte_fallback, -1: no such piece
};

}  // namespace finemix
