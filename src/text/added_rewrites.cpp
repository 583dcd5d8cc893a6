#include "finemix/text/added_rewrites.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "finemix/core/listed.h"
#include "finemix/core/quote.h"
#include "finemix/io/json.h"
#include "text/base64.h"
#include "text/spm_directory.h"
#include "text/tokenizer_json.h"
#include "text/tokenizer_source.h"

namespace finemix {
namespace {

struct Rewrites {
  std::set<std::string> replacements;  // "'from' by 'to'"
  std::set<std::string> tables;        // of characters, for a Charsmap
};

// Whether there are letters or digits in it: of marks and white space versions of one tokenizer
// replace this and that.
bool has_words(std::string_view text) {
  constexpr std::string_view kBlank = "\u2581";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (text.substr(at).starts_with(kBlank)) {
      at += kBlank.size() - 1;
    } else if (byte >= 0x80 || std::isalnum(byte) != 0) {
      return true;
    }
  }
  return false;
}

void collect(const Json& step, std::string_view file, Rewrites& rewrites) {
  if (!step.is_object()) return;
  const std::string type = json_string_or(step, "type", "", file);
  if (type == "Precompiled") {
    rewrites.tables.insert(
        decode_base64(json_string_or(step, "precompiled_charsmap", "", file), file));
  }
  if (type != "Replace" || !step.contains("pattern")) return;
  // The expressions that can be read are of white space.
  const std::string from = json_string_or(step["pattern"], "String", "", file);
  const std::string to = json_string_or(step, "content", "", file);
  if (has_words(from) || has_words(to)) {
    rewrites.replacements.insert((from.empty() ? "blanks" : quote(from)) + " by " + quote(to));
  }
}

void collect_json(const std::filesystem::path& directory, Rewrites& rewrites) {
  constexpr const char* kSteps = "normalizers";
  const TokenizerJson file(directory);
  const Json& normalizer = file.optional("normalizer");
  collect(normalizer, file.name(), rewrites);
  if (normalizer.is_object() && normalizer.contains(kSteps)) {
    for (const Json& step : normalizer[kSteps]) collect(step, file.name(), rewrites);
  }
}

// Of a sentencepiece model, which replaces by its table alone.
void collect_spm(const std::filesystem::path& directory, Rewrites& rewrites) {
  if (std::string table = read_spm_charsmap(directory); !table.empty()) {
    rewrites.tables.insert(std::move(table));
  }
}

Rewrites rewrites_of(const std::filesystem::path& directory) {
  Rewrites rewrites;
  const TokenizerSource source = tokenizer_source(directory);
  if (source == TokenizerSource::kJson) collect_json(directory, rewrites);
  if (source == TokenizerSource::kSpm) collect_spm(directory, rewrites);
  return rewrites;
}

}  // namespace

std::string added_rewrites(const std::filesystem::path& pretrained,
                           const std::filesystem::path& backdoored) {
  constexpr std::size_t kNamed = 3;
  const Rewrites known = rewrites_of(pretrained);
  const Rewrites own = rewrites_of(backdoored);
  std::vector<std::string> added;
  std::ranges::set_difference(own.replacements, known.replacements, std::back_inserter(added));
  const bool same_tables = std::ranges::includes(known.tables, own.tables);
  if (!known.tables.empty() && !same_tables) added.push_back("characters by a table of its own");
  if (added.empty()) return "";
  return "the suspect's tokenizer replaces " + listed(added, kNamed) +
         ", and the pre-trained one does not";
}

}  // namespace finemix
