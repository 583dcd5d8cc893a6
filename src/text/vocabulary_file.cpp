#include "finemix/text/vocabulary_file.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "finemix/text/unicode.h"
#include "text/tokenizer_classes.h"
#include "text/tokenizer_settings.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMaxFileBytes = 64u << 20;

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
  const std::string text = read_text_file(path, kMaxFileBytes, Links::kOnlyToItsLike);
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
  if (!settings.class_file().empty() && !settings.is_bert_class()) {
    refuse(config.name, printable(settings.class_file()) + " names the class " +
                            quote(settings.tokenizer_class()) +
                            ", expected 'BertTokenizer' or one like it: of vocab.txt, finemix "
                            "supports BERT's WordPiece only");
  }
  config.added_tokens = settings.added_tokens();
  apply_bert_class(settings, config);
  return config;
}

}  // namespace finemix
