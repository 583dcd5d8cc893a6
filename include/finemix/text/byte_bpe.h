#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/byte_bpe_config.h"
#include "finemix/text/piece_trie.h"
#include "finemix/text/subword_tokenizer.h"
#include "finemix/text/word_table.h"

namespace finemix {

class PairMerges;

// Byte-level BPE as GPT-2 and RoBERTa have it (Radford et al., 2019): words that take the space
// before them along, their bytes, and of these pairs joined in the order of a list. Ids are those
// of the `tokenizers` package. n log n steps for a text of n bytes, whatever text and merges are.
class ByteBpeModel : public SubwordModel {
 public:
  // `vocabulary` holds the config's. Throws kMalformed when a merge is there twice, names a token
  // that the vocabulary lacks or makes one, or the vocabulary lacks the unknown token.
  ByteBpeModel(const ByteBpeConfig& config, const Vocabulary& vocabulary);
  ~ByteBpeModel() override;

  // Throws kMalformed for a word of 2 GiB or more.
  void append(TextStretch stretch, std::size_t enough,
              std::vector<std::int32_t>& ids) const override;
  std::string normalize(TextStretch stretch) const override { return std::string(stretch.text); }
  void append_normalized(TextStretch stretch, std::size_t enough,
                         std::vector<std::int32_t>& ids) const override {
    append(stretch, enough, ids);
  }
  PieceText piece_text(const std::string& token) const override;
  std::int32_t unknown_id() const override { return unknown_id_; }

 private:
  class Pass;

  bool add_prefix_space_;
  bool split_words_;
  bool whole_words_;
  bool fuse_unknown_;
  std::int32_t unknown_id_;
  std::array<std::int32_t, 256> byte_ids_;  // -1 for those that the vocabulary lacks
  std::unique_ptr<const PairMerges> merges_;
  // Words that are one token in the end, so that most words of a text take one look-up.
  WordTable short_words_;
  PieceTrie words_;
};

class ByteBpeTokenizer : public SubwordTokenizer {
 public:
  // Throws kMalformed as Vocabulary, ByteBpeModel and SubwordTokenizer do.
  explicit ByteBpeTokenizer(const ByteBpeConfig& config);
};

}  // namespace finemix
