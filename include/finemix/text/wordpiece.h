#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "finemix/text/added_tokens.h"
#include "finemix/text/tokenizer.h"
#include "finemix/text/word_encoder.h"
#include "finemix/text/wordpiece_config.h"

namespace finemix {

// WordPiece as BERT has it (Devlin et al., 2019): words by white space and punctuation; of each
// word the longest known piece, then the longest of the rest. Ids are those of the `tokenizers`
// package. Time is linear in the text, whatever it holds.
class WordPieceTokenizer : public Tokenizer {
 public:
  // Throws kMalformed when the vocabulary has duplicates or lacks the unknown token, an added token
  // contradicts it, or a template names an id that does not exist.
  explicit WordPieceTokenizer(WordPieceConfig config);

  // Throws kUsage when `max_length` leaves no room for the special tokens.
  void append_encoding(const Example& example, std::size_t max_length,
                       EncodedTexts& out) const override;
  std::vector<std::int32_t> pieces(std::string_view text) const override;
  std::size_t vocabulary_size() const override { return tokens_.size(); }
  const std::string& token(std::int32_t id) const override;
  std::int32_t id(std::string_view token) const override;
  std::span<const std::int32_t> special_ids() const override { return special_ids_; }

 private:
  // Ids of the two texts of a pair; of a single text, the first.
  struct Sides {
    std::vector<std::int32_t> first;
    std::vector<std::int32_t> second;
  };

  // What is left of the texts when there is room for `room` ids. No text is read further than that
  // takes.
  Sides encode_sides(const Example& example, std::size_t room) const;
  // The ids of `text`, all of them or at least the first `enough`.
  std::vector<std::int32_t> first_pieces(std::string_view text, std::size_t enough) const;
  // Adds those of a normalized text, in which added tokens are looked for.
  void append_normalized(std::string_view text, std::size_t enough,
                         std::vector<std::int32_t>& ids) const;

  WordPieceConfig config_;
  WordEncoder words_;
  std::vector<std::string> tokens_;  // by id: the vocabulary, then added tokens that it lacks
  std::unordered_map<std::string, std::int32_t> added_ids_;  // of these
  AddedTokenSplitter raw_splitter_;
  AddedTokenSplitter normalized_splitter_;
  std::vector<std::int32_t> special_ids_;
};

// Ids of each text of a pair.
struct PairLengths {
  std::size_t first = 0;
  std::size_t second = 0;
  bool operator==(const PairLengths&) const = default;
};

// What is left of a pair when there is room for `room` ids: the longer text loses first; where that
// is not enough, the shorter one gets half and the other the rest. The `tokenizers` package's rule,
// to the last odd id.
PairLengths truncated(PairLengths lengths, std::size_t room);

}  // namespace finemix
