#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
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
// added_tokens.json beside it; files that are not there say nothing. All throw kFile or kMalformed.
class TokenizerSettings {
 public:
  explicit TokenizerSettings(const std::filesystem::path& directory);

  // The class of transformers that reads the directory, without a trailing "Fast": the one that
  // tokenizer_config.json names, else config.json, else that of config.json's model_type. "" when
  // none is known.
  const std::string& tokenizer_class() const { return class_; }
  // The file that names it; "" where the model_type alone tells.
  const std::string& class_file() const { return class_file_; }
  // Of config.json, which is not read where tokenizer_config.json names a class; else "".
  const std::string& model_type() const { return model_type_; }
  // Whether it is BERT's WordPiece in transformers.
  bool is_bert_class() const;
  // Whether it is MPNet's, which is BERT's but for its special tokens.
  bool is_mpnet_class() const;
  // Whether it is RoBERTa's byte-level BPE.
  bool is_roberta_class() const;
  // Whether it takes no more of a tokenizer.json than vocabulary and added tokens, and has the rest
  // from here: transformers runs what it puts together so.
  bool rebuilds_bert() const;
  // Whether transformers hands a model the type ids, as the file says or the class has it.
  bool gives_type_ids() const;
  // What the files don't mention is as BERT's classes have it.
  BertNormalizer normalizer() const;
  // A setting that is true or false.
  bool flag(std::string_view key, bool fallback) const;
  // One that is an id.
  std::int64_t id(std::string_view key, std::int64_t fallback) const;
  // The token that plays a role such as "cls_token"; its id is still to be found. Where the files
  // name only its content, it is like `fallback` otherwise.
  AddedToken special_token(std::string_view role, const AddedToken& fallback) const;
  // Whether tokenizer_config.json has them: then the older files and tokenizer.json do not count.
  bool decodes_added_tokens() const { return config_.contains("added_tokens_decoder"); }
  // Tokens that came after the vocabulary was made, by id. Those of added_tokens.json are special,
  // and not normalized, where a file gives them a role or has them among the extra tokens.
  std::vector<AddedToken> added_tokens() const;
  // The list called additional_special_tokens in special_tokens_map.json comes last in
  // transformers: a model file's own tokens take its place.
  enum class ExtraLists { kAll, kBeforeModel };
  // Special tokens without a role, their ids still to be found; nothing where no file has a list.
  std::optional<std::vector<AddedToken>> extra_tokens(ExtraLists lists = ExtraLists::kAll) const;

 private:
  void find_class();
  bool is_one_of(std::span<const std::string_view> classes) const;
  bool reads_roles() const { return !decodes_added_tokens(); }
  std::vector<AddedToken> read_added_tokens_json() const;

  std::filesystem::path directory_;
  std::string name_;
  Json config_;
  std::string roles_name_;  // of special_tokens_map.json
  Json roles_;
  std::string class_;
  std::string class_file_;
  std::string model_type_;
};

}  // namespace finemix
