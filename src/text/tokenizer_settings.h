#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/text/added_tokens.h"
#include "finemix/text/normalizer.h"

namespace finemix {

// An AddedToken as both tokenizer.json and tokenizer_config.json write it. Throws kMalformed.
AddedToken read_added_token(const Json& json, std::int64_t id, std::string_view object);

// What tokenizer_config.json of a directory says, and the older special_tokens_map.json and
// added_tokens.json beside it; files that are not there say nothing. All throw kMalformed.
class TokenizerSettings {
 public:
  explicit TokenizerSettings(const std::filesystem::path& directory);

  // Whether the class that the file names is BERT's WordPiece in transformers.
  bool is_bert_class() const;
  // Whether it is MPNet's, which is BERT's but for its special tokens.
  bool is_mpnet_class() const;
  // Whether it is RoBERTa's byte-level BPE.
  bool is_roberta_class() const;
  // "" when the file names none.
  std::string tokenizer_class() const;
  // Whether transformers hands a model the type ids, as the file says or the class has it; without
  // either, the class is that of the model_type in config.json.
  bool gives_type_ids() const;
  // What the file does not mention is as in `other`.
  BertNormalizer normalizer(const BertNormalizer& other) const;
  // A setting that is true or false.
  bool flag(std::string_view key, bool fallback) const;
  // `other` when the file does not say.
  bool add_prefix_space(bool other) const;
  // The token that plays a role such as "cls_token"; its id is still to be found. Where the files
  // name only its content, it is like `fallback` otherwise.
  AddedToken special_token(std::string_view role, const AddedToken& fallback) const;
  // Tokens that came after the vocabulary was made, by id.
  std::vector<AddedToken> added_tokens() const;

 private:
  bool is_one_of(std::span<const std::string_view> classes) const;

  std::filesystem::path directory_;
  std::string name_;
  Json config_;
  std::string roles_name_;  // of special_tokens_map.json
  Json roles_;
};

}  // namespace finemix
