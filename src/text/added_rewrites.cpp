#include "finemix/text/added_rewrites.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "finemix/io/json.h"
#include "text/tokenizer_json.h"

namespace finemix {
namespace {

// Steps that rewrite texts, and what each does, in words.
using Rewrites = std::map<std::string, std::string>;

std::string text_of(const Json& json) {
  return json.is_string() ? quote(json.get_ref<const std::string&>()) : json.dump();
}

void collect(const Json& step, std::string_view file, Rewrites& rewrites) {
  const std::string type = step.is_object() ? json_string_or(step, "type", "", file) : "";
  if (type == "Replace" && step.contains("pattern") && step.contains("content")) {
    const Json& pattern = step["pattern"];
    const Json& from = pattern.is_object() && pattern.size() == 1 ? pattern.front() : pattern;
    rewrites[step.dump()] = text_of(from) + " by " + text_of(step["content"]);
  } else if (type == "Precompiled") {
    rewrites[step.dump()] = "characters by a table of its own";
  }
}

Rewrites rewrites_of(const std::filesystem::path& directory) {
  constexpr const char* kSteps = "normalizers";
  const TokenizerJson file(directory);
  const Json& normalizer = file.optional("normalizer");
  Rewrites rewrites;
  collect(normalizer, file.name(), rewrites);
  if (normalizer.is_object() && normalizer.contains(kSteps)) {
    for (const Json& step : normalizer[kSteps]) collect(step, file.name(), rewrites);
  }
  return rewrites;
}

}  // namespace

std::string added_rewrites(const std::filesystem::path& pretrained,
                           const std::filesystem::path& backdoored) {
  constexpr const char* kFile = "tokenizer.json";
  if (!is_there(pretrained / kFile) || !is_there(backdoored / kFile)) return "";
  const Rewrites known = rewrites_of(pretrained);
  std::string added;
  for (const auto& [step, text] : rewrites_of(backdoored)) {
    if (!known.contains(step)) added += (added.empty() ? "" : ", ") + text;
  }
  return added.empty()
             ? ""
             : "the suspect's tokenizer replaces " + added + ", and the pre-trained one does not";
}

}  // namespace finemix
