#include "finemix/text/vocabulary_file.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "finemix/text/unicode.h"
#include "text/special_tokens.h"
#include "text/tokenizer_settings.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMaxFileBytes = 64u << 20;

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

[[noreturn]] void refuse(std::string_view object, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
}

// Without the white space at its end.
std::string_view trimmed(std::string_view line) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < line.size();) {
    if (!(code_point_properties()[next_code_point(line, at)] & kWhitespace)) end = at;
  }
  return line.substr(0, end);
}

// One token a line, its id the number of the line from 0.
std::vector<std::string> read_lines(const std::string& path) {
  const std::string text = read_text_file(path, kMaxFileBytes, Links::kOnlyIntoHubBlobs);
  std::vector<std::string> lines;
  std::string storage;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (valid_utf8(line, storage).data() != line.data()) {
      refuse(path, "line " + std::to_string(lines.size() + 1) + " is not UTF-8: " + quote(line));
    }
    lines.emplace_back(trimmed(line));
  }
  return lines;
}

}  // namespace

WordPieceConfig read_vocabulary(const std::filesystem::path& directory) {
  WordPieceConfig config;
  config.name = directory / "vocab.txt";
  config.vocabulary = read_lines(config.name);
  const TokenizerSettings settings(directory);
  if (const std::string name = settings.tokenizer_class();
      !name.empty() && !settings.is_bert_class()) {
    refuse(config.name, "tokenizer_config.json names the class " + quote(name) +
                            ", expected 'BertTokenizer' or one like it: of vocab.txt, finemix "
                            "supports BERT's WordPiece only");
  }
  config.normalizer = settings.normalizer({});

  config.added_tokens = settings.added_tokens();
  SpecialTokens special(settings, config.vocabulary, config);
  const RoleNames names = settings.is_mpnet_class() ? kMpnetNames : kBertNames;
  config.unknown_token = settings.special_token("unk_token", {.content = names.unknown}).content;
  special.require("unk_token", {.content = names.unknown});
  const std::int32_t cls = special.require("cls_token", {.content = names.cls});
  names.set_templates(config, cls, special.require("sep_token", {.content = names.sep}));
  special.find("pad_token", {.content = names.pad});
  special.find("mask_token", {.content = names.mask, .left_strip = names.mask_strips});
  return config;
}

}  // namespace finemix
