#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/dataset.h"
#include "finemix/text/encoded_texts.h"
#include "finemix/text/subword_model.h"

namespace finemix {

// Text to ids. Implementations are immutable after construction and safe to share between threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Methods that read a text throw kMalformed where a hostile normalizer makes too much of it.
  //
  // Adds one text or pair to `out`. Truncates to `max_length` ids, special tokens included; of a
  // pair the longer side loses first. Any bytes are accepted: invalid UTF-8 is read as U+FFFD.
  virtual void append_encoding(const Example& example, std::size_t max_length,
                               EncodedTexts& out) const = 0;
  // The same by itself.
  Encoding encode(const Example& example, std::size_t max_length) const;
  // Ids of a text without special tokens and without truncation.
  virtual std::vector<std::int32_t> pieces(std::string_view text) const = 0;
  virtual std::size_t vocabulary_size() const = 0;
  virtual const std::string& token(std::int32_t id) const = 0;
  // What it stands for in a text; of an added token, itself.
  virtual PieceText piece_text(std::int32_t id) const = 0;
  // -1 when the vocabulary has no such token.
  virtual std::int32_t id(std::string_view token) const = 0;
  // [PAD], [UNK], [CLS], [SEP], [MASK] and other added special tokens, ascending.
  virtual std::span<const std::int32_t> special_ids() const = 0;
  // Those of them that an encoding has around its texts, such as [CLS] and [SEP], ascending.
  virtual std::span<const std::int32_t> framing_ids() const = 0;
};

// Whether ordinary text holds this piece: it is no special token, no hole in the vocabulary, and
// none of BERT's [unusedN].
bool is_text_piece(const Tokenizer& tokenizer, std::int32_t id);

// Which pieces can stand for each other in a text, those of one group: 1 for what begins a word, 2
// for what goes on with one, 0 for what is no text piece. For ids up to `count`, which embeddings
// may have more of than the vocabulary.
std::vector<std::uint8_t> swap_groups(const Tokenizer& tokenizer, std::size_t count);

// Whether an attacker can put this piece into a text: every token that is not around the texts
// anyway. A text that says "[MASK]" holds that token, and an attacker can call any word special.
bool can_be_in_text(const Tokenizer& tokenizer, std::int32_t id);

// The pieces of all these texts, where they begin a text and behind a space; ascending, each once.
std::vector<std::int64_t> distinct_pieces(const Tokenizer& tokenizer,
                                          std::span<const std::string> texts);

// Picks the tokenizer from a model directory: tokenizer.json, else vocab.txt, else vocab.json and
// merges.txt, else a sentencepiece model; with tokenizer_config.json, special_tokens_map.json,
// added_tokens.json and config.json where they are there. Throws kFile when there is none, or a
// file can't be read, a link that leads nowhere included; kMalformed when one is broken
// (duplicates, no [UNK], …) or says what finemix does not have.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& directory);

// What the first token is that two vocabularies differ in, or their sizes, in words; "" if nothing.
std::string vocabulary_difference(const Tokenizer& pretrained, const Tokenizer& backdoored);

// Throws kMismatch, telling it, unless both give every id the same token: mixing rows of permuted
// vocabularies is meaningless.
void check_same_vocabulary(const Tokenizer& pretrained, const Tokenizer& backdoored);

// What the first of some telling texts and pairs is that the two encode differently, in words; ""
// if none: letters of all cases and scripts, accents, marks, white space, punctuation.
std::string first_difference(const Tokenizer& pretrained, const Tokenizer& backdoored);

// Encodes all examples over threads; the result is the same for any number of them.
EncodedTexts encode_all(const Tokenizer& tokenizer, const Dataset& data, std::size_t max_length);

}  // namespace finemix
