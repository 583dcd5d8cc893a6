#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/subword_tokenizer.h"
#include "finemix/text/word_encoder.h"
#include "finemix/text/wordpiece_config.h"

namespace finemix {

// WordPiece as BERT has it (Devlin et al., 2019): words by white space and punctuation; of each
// word the longest known piece, then the longest of the rest. Ids are those of the `tokenizers`
// package. Time is linear in the text, whatever it holds.
class WordPieceModel : public SubwordModel {
 public:
  // The vocabulary must hold each token once, the unknown one among them.
  explicit WordPieceModel(const WordPieceConfig& config);

  void append(TextStretch stretch, std::size_t enough,
              std::vector<std::int32_t>& ids) const override {
    words_.append_raw(stretch.text, enough, ids);
  }
  std::string normalize(TextStretch stretch) const override {
    return normalizer_.normalize(stretch.text);
  }
  void append_normalized(TextStretch stretch, std::size_t enough,
                         std::vector<std::int32_t>& ids) const override {
    words_.append_normalized(stretch.text, enough, ids);
  }
  PieceText piece_text(const std::string& token) const override {
    const bool continues = token.starts_with(continuing_prefix_);
    return {continues ? token.substr(continuing_prefix_.size()) : token, continues};
  }
  std::int32_t unknown_id() const override { return words_.unknown_id(); }

 private:
  std::string continuing_prefix_;
  BertNormalizer normalizer_;
  WordEncoder words_;
};

class WordPieceTokenizer : public SubwordTokenizer {
 public:
  // Throws kMalformed when the vocabulary has duplicates or lacks the unknown token, an added token
  // contradicts it, or a template names an id that does not exist.
  explicit WordPieceTokenizer(const WordPieceConfig& config);
};

}  // namespace finemix
