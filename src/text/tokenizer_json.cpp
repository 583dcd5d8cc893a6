#include "finemix/text/tokenizer_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/json.h"
#include "text/tokenizer_settings.h"

namespace finemix {
namespace {

constexpr std::int64_t kMaxId = (std::int64_t{1} << 31) - 1;
constexpr std::size_t kMaxTemplateParts = 64;

[[noreturn]] void refuse(std::string_view object, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
}

// The member, which must be an object or an array as `like` is.
const Json& member(const Json& json, std::string_view key, const Json& like,
                   std::string_view object) {
  if (!json.is_object())
    refuse(object, std::string("found ") + json.type_name() + ", expected an object");
  const auto found = json.find(key);
  if (found == json.end() || found->type() != like.type()) {
    refuse(object, quote(key) + " is " +
                       (found == json.end() ? "missing" : std::string(found->type_name())) +
                       ", expected an " + like.type_name());
  }
  return *found;
}

const Json& object_member(const Json& json, std::string_view key, std::string_view object) {
  return member(json, key, Json::object(), object);
}

const Json& array_member(const Json& json, std::string_view key, std::string_view object) {
  return member(json, key, Json::array(), object);
}

// The part of tokenizer.json under `key`, which must be of one of the types that finemix has.
const Json& supported_part(const Json& json, std::string_view key,
                           std::initializer_list<std::string_view> types, std::string_view object) {
  const auto found = json.find(key);
  const std::string type = found == json.end() || !found->is_object()
                               ? std::string()
                               : json_string_or(*found, "type", "", object);
  if (std::ranges::find(types, type) == types.end()) {
    refuse(object, quote(key) + (type.empty() ? " has no type" : " is " + quote(type)) +
                       ", expected " + quote(*types.begin()) +
                       ": of tokenizer.json, finemix supports BERT's WordPiece only");
  }
  return *found;
}

// By id. Ids may leave holes, as `tokenizers` leaves one for each token that a list had twice; what
// stands there is empty.
std::vector<std::string> read_vocabulary_object(const Json& json, std::string_view object) {
  constexpr auto kEnd = static_cast<std::int64_t>(kMaxTokens);
  std::vector<std::string> vocabulary;
  std::vector<bool> taken;
  for (const auto& [token, id] : json.items()) {
    if (!id.is_number_integer() || id < 0 || id >= kEnd) {
      refuse(object, "token " + quote(token) + " has id " + printable(id.dump()) +
                         ", expected one of 0 to " + std::to_string(kEnd - 1));
    }
    const auto index = id.get<std::size_t>();
    if (index >= vocabulary.size()) {
      vocabulary.resize(index + 1);
      taken.resize(index + 1, false);
    }
    if (taken[index]) {
      refuse(object, "tokens " + quote(vocabulary[index]) + " and " + quote(token) +
                         " have the same id, " + std::to_string(index));
    }
    taken[index] = true;
    vocabulary[index] = token;
  }
  return vocabulary;
}

// The token with this id, or an empty one.
std::string_view token_of(const WordPieceConfig& config, std::int64_t id) {
  if (id < static_cast<std::int64_t>(config.vocabulary.size())) {
    return config.vocabulary[static_cast<std::size_t>(id)];
  }
  const auto added = std::ranges::find(config.added_tokens, id, &AddedToken::id);
  return added == config.added_tokens.end() ? std::string_view() : added->content;
}

// An id that the post-processor puts in, under the name that it has for it.
std::int32_t checked_special(const WordPieceConfig& config, const Json& name, const Json& id) {
  if (!name.is_string() || !id.is_number_unsigned() ||
      id.get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxId)) {
    refuse(config.name, "the post-processor has a special token " + printable(name.dump()) +
                            " with id " + printable(id.dump()) + ", expected a name and an id");
  }
  const std::string_view known = token_of(config, id.get<std::int64_t>());
  if (known != name.get_ref<const std::string&>()) {
    refuse(config.name, "the post-processor calls id " + id.dump() + " " +
                            quote(name.get_ref<const std::string&>()) +
                            ", the vocabulary calls it " + quote(known));
  }
  return id.get<std::int32_t>();
}

// One side of a TemplateProcessing: [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence":
// {"id": "A", "type_id": 0}}, …].
std::vector<TemplatePart> read_template(const WordPieceConfig& config, const Json& processor,
                                        std::string_view key) {
  using Kind = TemplatePart::Kind;
  std::vector<TemplatePart> parts;
  for (const Json& piece : array_member(processor, key, config.name)) {
    const bool is_text = piece.is_object() && piece.contains("Sequence");
    const Json& place = object_member(piece, is_text ? "Sequence" : "SpecialToken", config.name);
    const std::string id = json_string_or(place, "id", "", config.name);
    const auto type_id =
        static_cast<std::int32_t>(json_integer(place, "type_id", 0, kMaxTypeId, config.name));
    if (is_text) {
      if (id != "A" && id != "B") {
        refuse(config.name, "the post-processor names a text " + quote(id) + ", expected A or B");
      }
      parts.push_back({id == "A" ? Kind::kFirst : Kind::kSecond, type_id});
      continue;
    }
    const Json& all = object_member(processor, "special_tokens", config.name);
    const Json& token = object_member(all, id, config.name);
    const Json& ids = array_member(token, "ids", config.name);
    const Json& names = array_member(token, "tokens", config.name);
    if (ids.size() != names.size()) {
      refuse(config.name, "the special token " + quote(id) + " has " + std::to_string(ids.size()) +
                              " ids and " + std::to_string(names.size()) + " names");
    }
    if (parts.size() + ids.size() > kMaxTemplateParts) {
      refuse(config.name, quote(key) + " has more than " + std::to_string(kMaxTemplateParts) +
                              " parts, expected a handful");
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      parts.push_back({Kind::kToken, type_id, checked_special(config, names[i], ids[i])});
    }
  }
  return parts;
}

void read_post_processor(WordPieceConfig& config, const Json& json) {
  const Json& processor =
      supported_part(json, "post_processor", {"TemplateProcessing", "BertProcessing"}, config.name);
  if (processor["type"] == "TemplateProcessing") {
    config.single = read_template(config, processor, "single");
    config.pair = read_template(config, processor, "pair");
    return;
  }
  const auto special = [&](std::string_view key) {
    const Json& token = array_member(processor, key, config.name);
    if (token.size() != 2) refuse(config.name, quote(key) + " is no pair of a name and an id");
    return checked_special(config, token[0], token[1]);
  };
  const std::int32_t cls = special("cls");
  set_bert_templates(config, cls, special("sep"));
}

// transformers' BERT classes follow tokenizer_config.json where `tokenizers` follows
// tokenizer.json: when the two differ, so do the ids of the two.
void check_agreement(const WordPieceConfig& config, const std::filesystem::path& directory) {
  const TokenizerSettings settings(directory);
  if (!settings.is_bert_class()) return;
  const BertNormalizer other = settings.normalizer(config.normalizer);
  if (other == config.normalizer) return;
  const auto say = [](const BertNormalizer& normalizer) {
    const auto yes_no = [](bool value) { return value ? "yes" : "no"; };
    return std::string("lower case ") + yes_no(normalizer.lowercase) + ", accents stripped " +
           yes_no(normalizer.strip_accents) + ", ideographs separated " +
           yes_no(normalizer.separate_chinese);
  };
  refuse(config.name, "it says " + say(config.normalizer) + ", but tokenizer_config.json says " +
                          say(other) + ": make them agree, or programs will see different ids");
}

}  // namespace

WordPieceConfig read_tokenizer_json(const std::filesystem::path& directory) {
  WordPieceConfig config;
  config.name = directory / "tokenizer.json";
  const Json json = read_json_file(config.name);
  if (!json.is_object()) refuse(config.name, "expected an object");

  // Files of old leave out the model's type; only WordPiece has this key.
  const Json& model = object_member(json, "model", config.name);
  if (model.contains("type") || !model.contains("max_input_chars_per_word")) {
    supported_part(json, "model", {"WordPiece"}, config.name);
  }
  config.vocabulary =
      read_vocabulary_object(object_member(model, "vocab", config.name), config.name);
  config.unknown_token = json_string_or(model, "unk_token", "[UNK]", config.name);
  config.continuing_prefix = json_string_or(model, "continuing_subword_prefix", "##", config.name);
  config.max_word_characters = static_cast<std::size_t>(
      json_integer_or(model, "max_input_chars_per_word", 100, 0, kMaxId, config.name));

  const Json& normalizer = supported_part(json, "normalizer", {"BertNormalizer"}, config.name);
  config.normalizer.clean_text = json_boolean_or(normalizer, "clean_text", true, config.name);
  config.normalizer.separate_chinese =
      json_boolean_or(normalizer, "handle_chinese_chars", true, config.name);
  config.normalizer.lowercase = json_boolean_or(normalizer, "lowercase", true, config.name);
  config.normalizer.strip_accents =
      json_boolean_or(normalizer, "strip_accents", config.normalizer.lowercase, config.name);

  supported_part(json, "pre_tokenizer", {"BertPreTokenizer"}, config.name);
  if (json.contains("added_tokens")) {
    for (const Json& token : array_member(json, "added_tokens", config.name)) {
      const std::int64_t id = json_integer(token, "id", 0, kMaxId, config.name);
      config.added_tokens.push_back(read_added_token(token, id, config.name));
    }
  }
  read_post_processor(config, json);
  check_agreement(config, directory);
  return config;
}

}  // namespace finemix
