#include "text/tokenizer_settings.h"

#include <algorithm>
#include <charconv>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMaxFileBytes = 4u << 20;
constexpr std::int64_t kMaxId = (std::int64_t{1} << 31) - 1;

// Classes of transformers that are BERT's WordPiece, without a trailing "Fast".
constexpr std::string_view kBertClasses[] = {
    "BertTokenizer",       "ConvBertTokenizer",    "DistilBertTokenizer", "ElectraTokenizer",
    "MobileBertTokenizer", "SqueezeBertTokenizer", "MPNetTokenizer"};
constexpr std::string_view kMpnetClasses[] = {"MPNetTokenizer"};

constexpr std::string_view kRobertaClasses[] = {"RobertaTokenizer"};

Json read_optional(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return Json::object();
  Json json = read_json_file(path, kMaxFileBytes, Links::kOnlyIntoHubBlobs);
  if (!json.is_object()) {
    throw Error(ErrorKind::kMalformed, printable(path.native()) + ": found an " + json.type_name() +
                                           ", expected an object");
  }
  return json;
}

std::int64_t parse_id(std::string_view text, std::string_view object) {
  std::int64_t id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0 || id > kMaxId) {
    throw Error(ErrorKind::kMalformed, printable(object) + ": added_tokens_decoder has key " +
                                           quote(text) + ", expected an id");
  }
  return id;
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
      roles_(read_optional(roles_name_)) {}

std::string TokenizerSettings::tokenizer_class() const {
  return json_string_or(config_, "tokenizer_class", "", name_);
}

bool TokenizerSettings::is_bert_class() const { return is_one_of(kBertClasses); }

bool TokenizerSettings::is_mpnet_class() const { return is_one_of(kMpnetClasses); }

bool TokenizerSettings::is_roberta_class() const { return is_one_of(kRobertaClasses); }

bool TokenizerSettings::is_one_of(std::span<const std::string_view> classes) const {
  std::string name = tokenizer_class();
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  return std::ranges::find(classes, name) != classes.end();
}

bool TokenizerSettings::add_prefix_space(bool other) const {
  return json_boolean_or(config_, "add_prefix_space", other, name_);
}

BertNormalizer TokenizerSettings::normalizer(const BertNormalizer& other) const {
  BertNormalizer normalizer = other;
  normalizer.lowercase = json_boolean_or(config_, "do_lower_case", other.lowercase, name_);
  normalizer.separate_chinese =
      json_boolean_or(config_, "tokenize_chinese_chars", other.separate_chinese, name_);
  // Unless it is said, accents go with the capitals.
  if (config_.contains("strip_accents") || config_.contains("do_lower_case")) {
    normalizer.strip_accents =
        json_boolean_or(config_, "strip_accents", normalizer.lowercase, name_);
  }
  return normalizer;
}

bool TokenizerSettings::flag(std::string_view key, bool fallback) const {
  return json_boolean_or(config_, key, fallback, name_);
}

AddedToken TokenizerSettings::special_token(std::string_view role,
                                            const AddedToken& fallback) const {
  const bool here = config_.contains(role);
  const Json& json = here ? config_ : roles_;
  const std::string& name = here ? name_ : roles_name_;
  AddedToken token = fallback;
  if (const auto found = json.find(role); found != json.end() && found->is_object()) {
    token = read_added_token(*found, -1, name);
    token.special = true;
  } else {
    token.content = json_string_or(json, role, fallback.content, name);
  }
  return token;
}

std::vector<AddedToken> TokenizerSettings::added_tokens() const {
  std::vector<AddedToken> tokens;
  if (const auto decoder = config_.find("added_tokens_decoder"); decoder != config_.end()) {
    if (!decoder->is_object()) {
      throw Error(ErrorKind::kMalformed, printable(name_) + ": added_tokens_decoder is an " +
                                             decoder->type_name() + ", expected an object");
    }
    for (const auto& [id, token] : decoder->items()) {
      tokens.push_back(read_added_token(token, parse_id(id, name_), name_));
    }
  } else {
    const std::string name = directory_ / "added_tokens.json";
    const Json ids = read_optional(name);
    for (const auto& [content, id] : ids.items()) {
      AddedToken token;
      token.content = content;
      token.id = static_cast<std::int32_t>(json_integer(ids, content, 0, kMaxId, name));
      token.special = false;
      token.normalized = true;
      tokens.push_back(token);
    }
  }
  std::ranges::sort(tokens, {}, &AddedToken::id);
  return tokens;
}

}  // namespace finemix
