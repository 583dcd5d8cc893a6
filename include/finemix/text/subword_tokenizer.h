#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/added_tokens.h"
#include "finemix/text/subword_model.h"
#include "finemix/text/tokenizer.h"
#include "finemix/text/tokenizer_frame.h"
#include "finemix/text/vocabulary.h"

namespace finemix {

// All that a tokenizer is made of. The model gives ids of `vocabulary`.
struct SubwordParts {
  TokenizerFrame frame;
  Vocabulary vocabulary;
  std::unique_ptr<const SubwordModel> model;
};

// Cuts added tokens out of a text, has the rest split by a model, truncates and puts special tokens
// around it, as the `tokenizers` package does.
class SubwordTokenizer : public Tokenizer {
 public:
  // Throws kMalformed when added tokens normalize alike or a template names an id that does not
  // exist.
  explicit SubwordTokenizer(SubwordParts parts);

  // Throws kUsage when `max_length` leaves no room for the special tokens.
  void append_encoding(const Example& example, std::size_t max_length,
                       EncodedTexts& out) const override;
  std::vector<std::int32_t> pieces(std::string_view text) const override;
  std::size_t vocabulary_size() const override { return vocabulary_.size(); }
  const std::string& token(std::int32_t id) const override { return vocabulary_.token(id); }
  PieceText piece_text(std::int32_t id) const override;
  std::int32_t id(std::string_view token) const override { return vocabulary_.find(token); }
  std::span<const std::int32_t> special_ids() const override { return special_ids_; }
  std::span<const std::int32_t> framing_ids() const override { return framing_ids_; }

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
  void append_normalized(TextStretch stretch, std::size_t enough,
                         std::vector<std::int32_t>& ids) const;

  TokenizerFrame frame_;
  Vocabulary vocabulary_;
  std::unique_ptr<const SubwordModel> model_;
  AddedTokenSplitter raw_splitter_;
  AddedTokenSplitter normalized_splitter_;
  std::vector<std::int32_t> special_ids_;
  std::vector<std::int32_t> framing_ids_;
  std::vector<std::int32_t> added_ids_;  // ascending
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
