#include "text/wordpiece_json.h"

#include <utility>

#include "text/tokenizer_settings.h"

namespace finemix {
namespace {

constexpr std::int64_t kMaxId = (std::int64_t{1} << 31) - 1;

// transformers' BERT classes follow tokenizer_config.json where `tokenizers` follows
// tokenizer.json: when the two differ, so do the ids of the two.
void check_agreement(const WordPieceConfig& config, const TokenizerJson& json) {
  const TokenizerSettings settings(json.directory());
  if (!settings.is_bert_class()) return;
  const BertNormalizer other = settings.normalizer(config.normalizer);
  if (other == config.normalizer) return;
  const auto say = [](const BertNormalizer& normalizer) {
    const auto yes_no = [](bool value) { return value ? "yes" : "no"; };
    return std::string("lower case ") + yes_no(normalizer.lowercase) + ", accents stripped " +
           yes_no(normalizer.strip_accents) + ", ideographs separated " +
           yes_no(normalizer.separate_chinese);
  };
  json.refuse("it says " + say(config.normalizer) + ", but tokenizer_config.json says " +
              say(other) + ": make them agree, or programs will see different ids");
}

}  // namespace

WordPieceConfig read_wordpiece_json(const TokenizerJson& json) {
  WordPieceConfig config;
  config.vocabulary = json.vocabulary();
  const Json& model = json.model();
  static_cast<TokenizerFrame&>(config) = json.frame(config.vocabulary);
  config.unknown_token = json_string_or(model, "unk_token", "[UNK]", config.name);
  config.continuing_prefix = json_string_or(model, "continuing_subword_prefix", "##", config.name);
  config.max_word_characters = static_cast<std::size_t>(
      json_integer_or(model, "max_input_chars_per_word", 100, 0, kMaxId, config.name));

  const Json& normalizer = json.part("normalizer", {"BertNormalizer"});
  config.normalizer.clean_text = json_boolean_or(normalizer, "clean_text", true, config.name);
  config.normalizer.separate_chinese =
      json_boolean_or(normalizer, "handle_chinese_chars", true, config.name);
  config.normalizer.lowercase = json_boolean_or(normalizer, "lowercase", true, config.name);
  config.normalizer.strip_accents =
      json_boolean_or(normalizer, "strip_accents", config.normalizer.lowercase, config.name);

  json.part("pre_tokenizer", {"BertPreTokenizer"});
  check_agreement(config, json);
  return config;
}

}  // namespace finemix
