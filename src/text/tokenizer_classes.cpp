#include "text/tokenizer_classes.h"

#include <cstdint>

#include "text/special_tokens.h"

namespace finemix {
namespace {

// How the special tokens are called unless the settings say otherwise, and where they stand.
struct RoleNames {
  const char* unknown;
  const char* cls;
  const char* sep;
  const char* pad;
  const char* mask;
  bool mask_strips;  // takes the white space before it along
  void (*set_templates)(TokenizerFrame& frame, std::int32_t cls, std::int32_t sep);
};

constexpr RoleNames kBertNames = {"[UNK]",  "[CLS]", "[SEP]",           "[PAD]",
                                  "[MASK]", false,   set_bert_templates};
constexpr RoleNames kMpnetNames = {
    "[UNK]", "<s>", "</s>", "<pad>", "<mask>", true, set_roberta_templates};

}  // namespace

void apply_bert_class(const TokenizerSettings& settings, WordPieceConfig& config) {
  const WordPieceConfig defaults;
  const RoleNames names = settings.is_mpnet_class() ? kMpnetNames : kBertNames;
  config.normalizer = settings.normalizer();
  config.continuing_prefix = defaults.continuing_prefix;
  config.max_word_characters = defaults.max_word_characters;
  config.unknown_token = settings.special_token("unk_token", {.content = names.unknown}).content;

  SpecialTokens special(settings, config.vocabulary, config);
  special.require("unk_token", {.content = names.unknown});
  const std::int32_t cls = special.require("cls_token", {.content = names.cls});
  names.set_templates(config, cls, special.require("sep_token", {.content = names.sep}));
  special.find("pad_token", {.content = names.pad});
  special.find("mask_token", {.content = names.mask, .left_strip = names.mask_strips});
  special.add_extra();
}

void apply_roberta_class(const TokenizerSettings& settings, ByteBpeConfig& config) {
  const ByteBpeConfig defaults;
  config.unknown_token = defaults.unknown_token;
  config.fuse_unknown = defaults.fuse_unknown;
  config.split_words = defaults.split_words;
  config.whole_words = defaults.whole_words;
  config.add_prefix_space = settings.flag("add_prefix_space", false);

  SpecialTokens special(settings, config.vocabulary, config);
  const std::int32_t cls = special.require("cls_token", {.content = "<s>"});
  set_roberta_templates(config, cls, special.require("sep_token", {.content = "</s>"}));
  special.find("bos_token", {.content = "<s>"});
  special.find("eos_token", {.content = "</s>"});
  special.find("unk_token", {.content = "<unk>"});
  special.find("pad_token", {.content = "<pad>"});
  special.find("mask_token", {.content = "<mask>"});
  special.add_extra();
}

}  // namespace finemix
