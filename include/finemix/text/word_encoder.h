#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "finemix/text/normalizer.h"
#include "finemix/text/piece_matcher.h"
#include "finemix/text/word_table.h"
#include "finemix/text/wordpiece_config.h"

namespace finemix {

// Splits text without added tokens into words, and words into pieces. Immutable after construction
// and safe to share between threads.
class WordEncoder {
 public:
  // The vocabulary must hold each token once, the unknown one among them.
  explicit WordEncoder(const WordPieceConfig& config);

  std::int32_t unknown_id() const { return unknown_id_; }

  // Adds the ids of `text` (well-formed UTF-8) to `ids`. Stops early once these are at least
  // `enough` in all: the first so many are right then, whatever the rest of the text holds.
  //
  // ASCII words are looked up where they stand, 64 bytes of text at a time. What holds anything
  // else between two ASCII white spaces or punctuation marks is normalized first: no stage of the
  // normalization looks beyond these.
  void append_raw(std::string_view text, std::size_t enough, std::vector<std::int32_t>& ids) const;
  // The same for text that is normalized already.
  void append_normalized(std::string_view text, std::size_t enough,
                         std::vector<std::int32_t>& ids) const;

 private:
  class RawPass;

  void append_word(std::string_view word, std::vector<std::int32_t>& ids) const;
  void append_pieces(std::string_view word, std::vector<std::int32_t>& ids) const;

  BertNormalizer normalizer_;
  std::size_t max_word_characters_;
  PieceMatcher pieces_;
  std::int32_t unknown_id_;
  WordTable words_;  // of the vocabulary, those within the limit
};

}  // namespace finemix
