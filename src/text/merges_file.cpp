#include "text/merges_file.h"

#include <nlohmann/json.hpp>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "finemix/io/json.h"
#include "finemix/text/unicode.h"
#include "text/tokenizer_classes.h"
#include "text/tokenizer_settings.h"
#include "text/vocabulary_object.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMaxFileBytes = 64u << 20;

std::vector<std::pair<std::string, std::string>> read_merges(const std::string& name) {
  const std::string text = read_text_file(name, kMaxFileBytes, Links::kOnlyToItsLike);
  std::vector<std::pair<std::string, std::string>> merges;
  std::string storage;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    if (valid_utf8(line, storage).data() != line.data()) {
      refuse_merge("not UTF-8: " + quote(line), merges.size() + 1, name);
    }
    merges.push_back(split_merge(line, merges.size() + 1, name));
  }
  return merges;
}

}  // namespace

void refuse_merge(const std::string& found, std::size_t number, std::string_view name) {
  throw Error(ErrorKind::kMalformed, printable(name) + ": merge " + std::to_string(number) +
                                         " is " + found + ", expected two tokens");
}

std::pair<std::string, std::string> split_merge(std::string_view merge, std::size_t number,
                                                std::string_view name) {
  const std::size_t space = merge.find(' ');
  if (space == merge.npos || space == 0 || space + 1 == merge.size() ||
      merge.find(' ', space + 1) != merge.npos) {
    refuse_merge(quote(merge), number, name);
  }
  return {std::string(merge.substr(0, space)), std::string(merge.substr(space + 1))};
}

ByteBpeConfig read_merges_files(const std::filesystem::path& directory) {
  ByteBpeConfig config;
  config.name = directory / "vocab.json";
  config.vocabulary = read_vocabulary_object(
      read_json_file(config.name, kMaxFileBytes, Links::kOnlyToItsLike), config.name);
  config.merges = read_merges(directory / "merges.txt");
  const TokenizerSettings settings(directory);
  if (!settings.class_file().empty() && !settings.is_roberta_class()) {
    throw Error(ErrorKind::kMalformed,
                printable(config.name) + ": " + printable(settings.class_file()) +
                    " names the class " + quote(settings.tokenizer_class()) +
                    ", expected 'RobertaTokenizer': of vocab.json and merges.txt, finemix supports "
                    "RoBERTa's byte-level BPE only");
  }
  config.added_tokens = settings.added_tokens();
  apply_roberta_class(settings, config);
  return config;
}

}  // namespace finemix
