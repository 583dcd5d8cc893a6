#include "text/tokenizer_settings.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "finemix/text/vocabulary.h"
#include "text/json_members.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMaxFileBytes = 4u << 20;

// Classes of transformers that are BERT's WordPiece, without a trailing "Fast".
constexpr std::string_view kBertClasses[] = {
    "BertTokenizer",       "ConvBertTokenizer",    "DistilBertTokenizer", "ElectraTokenizer",
    "MobileBertTokenizer", "SqueezeBertTokenizer", "MPNetTokenizer"};
constexpr std::string_view kMpnetClasses[] = {"MPNetTokenizer"};
// The one of them that runs a tokenizer.json as it is.
constexpr std::string_view kFollowers[] = {"ConvBertTokenizer"};
constexpr std::string_view kRobertaClasses[] = {"RobertaTokenizer"};

// In transformers 5.23. All other classes keep type ids to themselves, the one that stands for any
// tokenizer.json too.
constexpr std::string_view kTypedClasses[] = {"BertTokenizer",        "ConvBertTokenizer",
                                              "ElectraTokenizer",     "MobileBertTokenizer",
                                              "SqueezeBertTokenizer", "DebertaV2Tokenizer"};

// What transformers 5.23 has for the types of models that finemix or a tokenizer here knows.
constexpr std::pair<std::string_view, std::string_view> kClassOfModelType[] = {
    {"albert", "AlbertTokenizer"},        {"bert", "BertTokenizer"},
    {"camembert", "CamembertTokenizer"},  {"convbert", "BertTokenizer"},
    {"deberta-v2", "DebertaV2Tokenizer"}, {"distilbert", "BertTokenizer"},
    {"electra", "BertTokenizer"},         {"mobilebert", "MobileBertTokenizer"},
    {"mpnet", "MPNetTokenizer"},          {"roberta", "RobertaTokenizer"},
    {"squeezebert", "BertTokenizer"},     {"xlm-roberta", "XLMRobertaTokenizer"}};

constexpr std::string_view kRoles[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                       "pad_token", "cls_token", "mask_token"};

[[noreturn]] void refuse(std::string_view object, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
}

Json read_optional(const std::filesystem::path& path) {
  if (!is_there(path)) return Json::object();
  Json json = read_json_file(path, kMaxFileBytes, Links::kOnlyToItsLike);
  if (!json.is_object()) {
    refuse(path.native(), std::string("found an ") + json.type_name() + ", expected an object");
  }
  return json;
}

std::int64_t parse_id(std::string_view text, std::string_view object) {
  std::int64_t id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0 || id > kMaxId) {
    refuse(object, "added_tokens_decoder has key " + quote(text) + ", expected an id");
  }
  return id;
}

// The tokens of a list of extra ones, or of an object from names to them.
void append_extra_tokens(const Json& list, std::string_view key, std::string_view object,
                         std::vector<AddedToken>& tokens) {
  if (list.is_null()) return;
  if (!list.is_array() && !list.is_object()) {
    refuse(object, quote(key) + " is a " + list.type_name() + ", expected a list of tokens");
  }
  if (list.size() > kMaxTokens) {
    refuse(object, quote(key) + " has " + std::to_string(list.size()) +
                       " tokens, expected at most " + std::to_string(kMaxTokens));
  }
  for (const Json& token : list) {
    if (token.is_string()) {
      tokens.push_back({.content = token.get<std::string>()});
    } else if (token.is_object()) {
      tokens.push_back(read_added_token(token, -1, object));
    } else {
      refuse(object, quote(key) + " holds a " + token.type_name() + ", expected tokens");
    }
  }
}

}  // namespace

AddedToken read_added_token(const Json& json, std::int64_t id, std::string_view object) {
  AddedToken token;
  token.content = json_string_or(json, "content", "", object);
  token.id = static_cast<std::int32_t>(id);
  token.special = json_boolean_or(json, "special", false, object);
  token.normalized = json_boolean_or(json, "normalized", !token.special, object);
  token.single_word = json_boolean_or(json, "single_word", false, object);
  token.left_strip = json_boolean_or(json, "lstrip", false, object);
  token.right_strip = json_boolean_or(json, "rstrip", false, object);
  return token;
}

TokenizerSettings::TokenizerSettings(const std::filesystem::path& directory)
    : directory_(directory),
      name_(directory / "tokenizer_config.json"),
      config_(read_optional(name_)),
      roles_name_(directory / "special_tokens_map.json"),
      roles_(read_optional(roles_name_)) {
  find_class();
}

void TokenizerSettings::find_class() {
  constexpr std::string_view kFast = "Fast";  // what it was called up to version 4
  class_file_ = name_;
  class_ = json_string_or(config_, "tokenizer_class", "", name_);
  if (class_.empty()) {
    class_file_ = directory_ / "config.json";
    const Json config = read_optional(class_file_);
    class_ = json_string_or(config, "tokenizer_class", "", class_file_);
    model_type_ = json_string_or(config, "model_type", "", class_file_);
  }
  if (class_.ends_with(kFast)) class_.resize(class_.size() - kFast.size());
  if (!class_.empty()) return;
  class_file_.clear();
  const auto* const known = std::ranges::find(kClassOfModelType, std::string_view(model_type_),
                                              [](const auto& pair) { return pair.first; });
  if (known != std::end(kClassOfModelType)) class_ = known->second;
}

bool TokenizerSettings::gives_type_ids() const {
  if (const auto inputs = config_.find("model_input_names");
      inputs != config_.end() && inputs->is_array()) {
    return std::ranges::find(*inputs, "token_type_ids") != inputs->end();
  }
  return class_.empty() || is_one_of(kTypedClasses);
}

bool TokenizerSettings::is_bert_class() const { return is_one_of(kBertClasses); }

bool TokenizerSettings::is_mpnet_class() const { return is_one_of(kMpnetClasses); }

bool TokenizerSettings::is_roberta_class() const { return is_one_of(kRobertaClasses); }

bool TokenizerSettings::rebuilds_bert() const { return is_bert_class() && !is_one_of(kFollowers); }

bool TokenizerSettings::is_one_of(std::span<const std::string_view> classes) const {
  return std::ranges::find(classes, class_) != classes.end();
}

BertNormalizer TokenizerSettings::normalizer() const {
  BertNormalizer normalizer;
  normalizer.lowercase = flag("do_lower_case", true);
  normalizer.separate_chinese = flag("tokenize_chinese_chars", true);
  // Unless it is said, accents go with the capitals.
  normalizer.strip_accents = flag("strip_accents", normalizer.lowercase);
  return normalizer;
}

bool TokenizerSettings::flag(std::string_view key, bool fallback) const {
  return json_boolean_or(config_, key, fallback, name_);
}

std::int64_t TokenizerSettings::id(std::string_view key, std::int64_t fallback) const {
  return json_integer_or(config_, key, fallback, 0, kMaxId, name_);
}

AddedToken TokenizerSettings::special_token(std::string_view role,
                                            const AddedToken& fallback) const {
  const bool in_roles = reads_roles() && roles_.contains(role);
  const Json& json = in_roles ? roles_ : config_;
  const std::string& name = in_roles ? roles_name_ : name_;
  AddedToken token = fallback;
  if (const auto found = json.find(role); found != json.end() && found->is_object()) {
    token = read_added_token(*found, -1, name);
    token.special = true;
    // Those of special_tokens_map.json are made special first, which is what this goes by.
    if (in_roles) token.normalized = json_boolean_or(*found, "normalized", false, name);
  } else {
    token.content = json_string_or(json, role, fallback.content, name);
  }
  return token;
}

// transformers renames tokenizer_config.json's additional_special_tokens before it reads
// special_tokens_map.json, whose list of that name counts only where there is no other.
std::optional<std::vector<AddedToken>> TokenizerSettings::extra_tokens(ExtraLists lists) const {
  constexpr std::string_view kNew = "extra_special_tokens";
  constexpr std::string_view kOld = "additional_special_tokens";
  std::vector<AddedToken> tokens;
  bool found = false;
  const auto read = [&](const Json& json, std::string_view key, const std::string& name) {
    const auto list = json.find(key);
    if (list == json.end()) return false;
    append_extra_tokens(*list, key, name, tokens);
    return found = true;
  };
  read(config_, kNew, name_);
  if (tokens.empty()) read(config_, kOld, name_);
  if (reads_roles()) {
    read(roles_, kNew, roles_name_);
    if (!found && lists == ExtraLists::kAll) read(roles_, kOld, roles_name_);
  }
  if (!found) return std::nullopt;
  return tokens;
}

std::vector<AddedToken> TokenizerSettings::added_tokens() const {
  std::vector<AddedToken> tokens;
  if (const auto decoder = config_.find("added_tokens_decoder"); decoder != config_.end()) {
    if (!decoder->is_object()) {
      refuse(name_, std::string("added_tokens_decoder is an ") + decoder->type_name() +
                        ", expected an object");
    }
    for (const auto& [id, token] : decoder->items()) {
      tokens.push_back(read_added_token(token, parse_id(id, name_), name_));
    }
  } else {
    tokens = read_added_tokens_json();
  }
  std::ranges::sort(tokens, {}, &AddedToken::id);
  return tokens;
}

// {"[MASK]": 128000, …}: those that a file names for a role, or as extra ones, are special.
std::vector<AddedToken> TokenizerSettings::read_added_tokens_json() const {
  const std::string name = directory_ / "added_tokens.json";
  const Json ids = read_optional(name);
  std::set<std::string> special;
  for (const std::string_view role : kRoles) special.insert(special_token(role, {}).content);
  if (const auto extra = extra_tokens(ExtraLists::kBeforeModel)) {
    for (const AddedToken& token : *extra) special.insert(token.content);
  }
  std::vector<AddedToken> tokens;
  for (const auto& [content, id] : ids.items()) {
    if (!is_id(id)) {
      refuse(name, quote(content) + " has id " + printable(id.dump()) + ", expected one of 0 to " +
                       std::to_string(kMaxId));
    }
    AddedToken token;
    token.content = content;
    token.id = id.get<std::int32_t>();
    token.special = special.contains(content);
    token.normalized = !token.special;
    tokens.push_back(token);
  }
  return tokens;
}

}  // namespace finemix
