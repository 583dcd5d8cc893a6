#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/text/tokenizer_frame.h"
#include "text/tokenizer_settings.h"

namespace finemix {

// A tokenizer.json, and what the kinds of models have in common in it. Its own truncation and
// padding are ignored: the length is the caller's. Methods throw kMalformed where the file is
// broken, or says what finemix does not have.
class TokenizerJson {
 public:
  enum class Model { kWordPiece, kBpe, kUnigram };

  // Throws kFile or kMalformed.
  explicit TokenizerJson(const std::filesystem::path& directory);
  TokenizerJson(const TokenizerJson&) = delete;
  TokenizerJson& operator=(const TokenizerJson&) = delete;

  const std::string& name() const { return name_; }  // the file, for messages
  // Of the directory. What a class of transformers has of its own counts, not what the file has.
  const TokenizerSettings& settings() const { return settings_; }
  Model model_kind() const { return kind_; }
  const Json& model() const { return *model_; }
  // Whether the file has anything but null under `key`.
  bool has(std::string_view key) const;
  // The member under `key`, which must be an object of one of these types.
  const Json& part(std::string_view key, std::initializer_list<std::string_view> types) const;
  // The member under `key`; null where there is none.
  const Json& optional(std::string_view key) const;
  // The model's tokens by id, as read_vocabulary_object has them.
  std::vector<std::string> vocabulary() const;
  // Name, added tokens and templates. An id that the post-processor puts in must have there the
  // name that it has for it. Added tokens of the settings take the place of the file's where
  // a class `rebuilds` the tokenizer; where none does, they must be the file's.
  TokenizerFrame frame(const std::vector<std::string>& vocabulary, bool rebuilds) const;

  [[noreturn]] void refuse(const std::string& what) const;

 private:
  Model find_model_kind() const;
  void check_added_tokens(const std::vector<AddedToken>& tokens) const;

  std::string name_;
  Json json_;
  TokenizerSettings settings_;
  const Json* model_ = nullptr;
  Model kind_ = Model::kWordPiece;
};

}  // namespace finemix
