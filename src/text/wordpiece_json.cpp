#include "text/wordpiece_json.h"

#include <utility>

#include "text/json_members.h"
#include "text/tokenizer_classes.h"

namespace finemix {

WordPieceConfig read_wordpiece_json(const TokenizerJson& json) {
  WordPieceConfig config;
  config.vocabulary = json.vocabulary();
  const Json& model = json.model();
  static_cast<TokenizerFrame&>(config) =
      json.frame(config.vocabulary, json.settings().rebuilds_bert());
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
  if (json.settings().rebuilds_bert()) apply_bert_class(json.settings(), config);
  return config;
}

}  // namespace finemix
