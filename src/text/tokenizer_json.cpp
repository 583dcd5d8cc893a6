#include "text/tokenizer_json.h"

#include <algorithm>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/vocabulary.h"
#include "text/json_members.h"
#include "text/post_processor.h"
#include "text/tokenizer_settings.h"

namespace finemix {
namespace {

constexpr std::int64_t kMaxId = (std::int64_t{1} << 31) - 1;

}  // namespace

TokenizerJson::TokenizerJson(const std::filesystem::path& directory)
    : directory_(directory), name_(directory / "tokenizer.json"), json_(read_json_file(name_)) {
  if (!json_.is_object()) refuse("expected an object");
  model_ = &object_member(json_, "model", name_);
  read_model_kind();
}

void TokenizerJson::refuse(const std::string& what) const {
  throw Error(ErrorKind::kMalformed, printable(name_) + ": " + what);
}

void TokenizerJson::read_model_kind() {
  // Files of old leave out the model's type; only WordPiece has this key.
  if (model_->contains("type") || !model_->contains("max_input_chars_per_word")) {
    const Json& type = part("model", {"WordPiece", "Unigram"})["type"];
    kind_ = type == "Unigram" ? Model::kUnigram : Model::kWordPiece;
  }
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
  constexpr auto kEnd = static_cast<std::int64_t>(kMaxTokens);
  std::vector<std::string> vocabulary;
  std::vector<bool> taken;
  for (const auto& [token, id] : object_member(*model_, "vocab", name_).items()) {
    if (!id.is_number_integer() || id < 0 || id >= kEnd) {
      refuse("token " + quote(token) + " has id " + printable(id.dump()) +
             ", expected one of 0 to " + std::to_string(kEnd - 1));
    }
    const auto index = id.get<std::size_t>();
    if (index >= vocabulary.size()) {
      vocabulary.resize(index + 1);
      taken.resize(index + 1, false);
    }
    if (taken[index]) {
      refuse("tokens " + quote(vocabulary[index]) + " and " + quote(token) + " have the same id, " +
             std::to_string(index));
    }
    taken[index] = true;
    vocabulary[index] = token;
  }
  return vocabulary;
}

TokenizerFrame TokenizerJson::frame(const std::vector<std::string>& vocabulary) const {
  TokenizerFrame frame;
  frame.name = name_;
  if (json_.contains("added_tokens")) {
    for (const Json& token : array_member(json_, "added_tokens", name_)) {
      const std::int64_t id = json_integer(token, "id", 0, kMaxId, name_);
      frame.added_tokens.push_back(read_added_token(token, id, name_));
    }
  }
  read_post_processor(part("post_processor", {"TemplateProcessing", "BertProcessing"}), vocabulary,
                      frame);
  return frame;
}

}  // namespace finemix
