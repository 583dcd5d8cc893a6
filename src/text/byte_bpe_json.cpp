#include "text/byte_bpe_json.h"

#include <string_view>
#include <utility>

#include "finemix/core/quote.h"
#include "text/byte_alphabet.h"
#include "text/json_members.h"
#include "text/merges_file.h"
#include "text/tokenizer_classes.h"

namespace finemix {
namespace {

// Options that make another model of it; what is written where they are off.
void check_unsupported(const TokenizerJson& json) {
  for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const std::string affix = json_string_or(json.model(), key, "", json.name());
    if (!affix.empty()) {
      json.refuse(quote(key) + " is " + quote(affix) + ", expected none: byte-level BPE has none");
    }
  }
  if (json_number_or(json.model(), "dropout", 0, 0, 1, json.name()) != 0) {
    json.refuse("'dropout' leaves out merges at random, expected none: set it to null");
  }
  if (json.has("normalizer")) {
    json.refuse(
        "'normalizer' is there, expected null: finemix supports none before byte-level BPE");
  }
}

// For a byte that has no token, that option spells the two bytes of its character instead.
void check_byte_fallback(const ByteBpeConfig& config, const TokenizerJson& json) {
  if (!json_boolean_or(json.model(), "byte_fallback", false, config.name)) return;
  std::vector<bool> known(256, false);
  for (const std::string& token : config.vocabulary) {
    const std::string bytes = bytes_of_token(token);
    if (bytes.size() == 1) known[static_cast<unsigned char>(bytes.front())] = true;
  }
  for (std::size_t byte = 0; byte < known.size(); ++byte) {
    if (known[byte]) continue;
    json.refuse("'byte_fallback' is true and byte " + std::to_string(byte) +
                " has no token: finemix supports it only where it changes nothing");
  }
}

std::pair<std::string, std::string> read_merge(const Json& merge, std::size_t number,
                                               const std::string& name) {
  if (merge.is_string()) return split_merge(merge.get_ref<const std::string&>(), number, name);
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  }
  refuse_merge(printable(merge.dump()), number, name);
}

}  // namespace

ByteBpeConfig read_byte_bpe_json(const TokenizerJson& json) {
  check_unsupported(json);
  ByteBpeConfig config;
  config.vocabulary = json.vocabulary();
  static_cast<TokenizerFrame&>(config) =
      json.frame(config.vocabulary, json.settings().is_roberta_class());
  const Json& model = json.model();
  for (const Json& merge : array_member(model, "merges", config.name)) {
    config.merges.push_back(read_merge(merge, config.merges.size() + 1, config.name));
  }
  config.unknown_token = json_string_or(model, "unk_token", "", config.name);
  config.fuse_unknown = json_boolean_or(model, "fuse_unk", false, config.name);
  config.whole_words = json_boolean_or(model, "ignore_merges", false, config.name);
  check_byte_fallback(config, json);

  const Json& words = json.part("pre_tokenizer", {"ByteLevel"});
  config.add_prefix_space = json_boolean_or(words, "add_prefix_space", true, config.name);
  config.split_words = json_boolean_or(words, "use_regex", true, config.name);
  if (json.settings().is_roberta_class()) apply_roberta_class(json.settings(), config);
  return config;
}

}  // namespace finemix
