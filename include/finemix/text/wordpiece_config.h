#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "finemix/text/added_tokens.h"
#include "finemix/text/normalizer.h"

namespace finemix {

// One place of the pattern by which special tokens and texts become an encoding.
struct TemplatePart {
  enum class Kind { kFirst, kSecond, kToken };
  Kind kind = Kind::kToken;
  std::int32_t type_id = 0;
  std::int32_t id = -1;  // of a kToken
};

inline constexpr std::int32_t kMaxTypeId = 255;  // BERT has 0 and 1

// Far above any real vocabulary; keeps a hostile one from costing much memory or time.
inline constexpr std::size_t kMaxTokens = 1'000'000;

// All that a WordPiece tokenizer is made of.
struct WordPieceConfig {
  std::string name;                      // the file, for messages
  std::vector<std::string> vocabulary;   // by id; empty where no token has the id
  std::vector<AddedToken> added_tokens;  // of the vocabulary, or with the ids that follow it
  BertNormalizer normalizer;
  std::string unknown_token = "[UNK]";
  std::string continuing_prefix = "##";
  std::size_t max_word_characters = 100;  // longer words are unknown
  std::vector<TemplatePart> single;       // kFirst is in it once
  std::vector<TemplatePart> pair;         // kFirst and kSecond are in it once
};

// Puts [CLS] and [SEP] around one text and two as BERT does.
void set_bert_templates(WordPieceConfig& config, std::int32_t cls, std::int32_t sep);

}  // namespace finemix
