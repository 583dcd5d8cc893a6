#include "text/tokenizer_json.h"

#include <algorithm>
#include <map>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "text/json_members.h"
#include "text/post_processor.h"
#include "text/vocabulary_object.h"

namespace finemix {
TokenizerJson::TokenizerJson(const std::filesystem::path& directory)
    : name_(directory / "tokenizer.json"),
      json_(read_json_file(name_, kMaxJsonBytes, Links::kOnlyToItsLike)),
      settings_(directory) {
  if (!json_.is_object()) refuse("expected an object");
  model_ = &object_member(json_, "model", name_);
  kind_ = find_model_kind();
}

void TokenizerJson::refuse(const std::string& what) const {
  throw Error(ErrorKind::kMalformed, printable(name_) + ": " + what);
}

TokenizerJson::Model TokenizerJson::find_model_kind() const {
  // Files of old leave out the model's type; each kind has a key of its own.
  if (!model_->contains("type")) {
    if (model_->contains("max_input_chars_per_word")) return Model::kWordPiece;
    if (model_->contains("merges")) return Model::kBpe;
    if (model_->contains("vocab") && (*model_)["vocab"].is_array()) return Model::kUnigram;
  }
  const Json& type = part("model", {"WordPiece", "BPE", "Unigram"})["type"];
  return type == "BPE" ? Model::kBpe : type == "Unigram" ? Model::kUnigram : Model::kWordPiece;
}

bool TokenizerJson::has(std::string_view key) const {
  const auto found = json_.find(key);
  return found != json_.end() && !found->is_null();
}

const Json& TokenizerJson::part(std::string_view key,
                                std::initializer_list<std::string_view> types) const {
  const auto found = json_.find(key);
  const std::string type = found == json_.end() || !found->is_object()
                               ? std::string()
                               : json_string_or(*found, "type", "", name_);
  if (std::ranges::find(types, type) != types.end()) return *found;
  std::string expected;
  for (const std::string_view known : types) {
    expected += (expected.empty()              ? ""
                 : known == *(types.end() - 1) ? " or "
                                               : ", ") +
                quote(known);
  }
  refuse(quote(key) + (type.empty() ? " has no type" : " is " + quote(type)) + ", expected " +
         expected + ": finemix supports no other here");
}

const Json& TokenizerJson::optional(std::string_view key) const {
  static const Json kNull;
  const auto found = json_.find(key);
  return found == json_.end() ? kNull : *found;
}

std::vector<std::string> TokenizerJson::vocabulary() const {
  return read_vocabulary_object(object_member(*model_, "vocab", name_), name_);
}

// transformers adds the settings' tokens to those of the file, in words of its own where they
// differ.
void TokenizerJson::check_added_tokens(const std::vector<AddedToken>& tokens) const {
  std::map<std::string_view, const AddedToken*> of_file;
  for (const AddedToken& token : tokens) of_file.emplace(token.content, &token);
  for (const AddedToken& token : settings_.added_tokens()) {
    const auto found = of_file.find(token.content);
    if (found != of_file.end() && *found->second == token) continue;
    refuse("the added token " + quote(token.content) + " with id " + std::to_string(token.id) +
           (found == of_file.end() ? " is not in it" : " is another one in it") +
           ", but tokenizer_config.json has it: make them agree, or programs will see different "
           "ids");
  }
}

TokenizerFrame TokenizerJson::frame(const std::vector<std::string>& vocabulary,
                                    bool rebuilds) const {
  TokenizerFrame frame;
  frame.name = name_;
  if (json_.contains("added_tokens")) {
    for (const Json& token : array_member(json_, "added_tokens", name_)) {
      const std::int64_t id = json_integer(token, "id", 0, kMaxId, name_);
      frame.added_tokens.push_back(read_added_token(token, id, name_));
    }
  }
  read_post_processor(part("post_processor", {"TemplateProcessing", "BertProcessing",
                                              "RobertaProcessing", "ByteLevel"}),
                      vocabulary, frame);
  if (!settings_.decodes_added_tokens()) return frame;
  if (rebuilds) {
    frame.added_tokens = settings_.added_tokens();
  } else {
    check_added_tokens(frame.added_tokens);
  }
  return frame;
}

}  // namespace finemix
