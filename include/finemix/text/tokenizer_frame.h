#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "finemix/text/added_tokens.h"

namespace finemix {

// One place of the pattern by which special tokens and texts become an encoding.
struct TemplatePart {
  enum class Kind { kFirst, kSecond, kToken };
  Kind kind = Kind::kToken;
  std::int32_t type_id = 0;
  std::int32_t id = -1;  // of a kToken
  bool operator==(const TemplatePart&) const = default;
};

inline constexpr std::int32_t kMaxTypeId = 255;  // BERT has 0 and 1

// What every tokenizer has around the model that splits its text.
struct TokenizerFrame {
  std::string name;                      // the file, for messages
  std::vector<AddedToken> added_tokens;  // of the vocabulary, or with the ids that follow it
  std::vector<TemplatePart> single;      // kFirst is in it once
  std::vector<TemplatePart> pair;        // kFirst and kSecond are in it once
};

// [CLS] A [SEP] B [SEP], the second text of type 1.
void set_bert_templates(TokenizerFrame& frame, std::int32_t cls, std::int32_t sep);
// <s> A </s></s> B </s>, all of type 0.
void set_roberta_templates(TokenizerFrame& frame, std::int32_t cls, std::int32_t sep);
// All are of type 0 from now on.
void clear_type_ids(TokenizerFrame& frame);

}  // namespace finemix
