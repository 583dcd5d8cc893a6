#include "request.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "finemix/core/quote.h"

namespace finemix {
namespace {

std::string shell_line(const std::vector<std::string>& words) {
  std::string line = "finemix";
  for (const std::string& word : words) line += " " + shell_word(word);
  return line;
}

}  // namespace

RunRequest request_of(const std::vector<std::string>& words, Json config) {
  return {shell_line(words), std::move(config)};
}

RunRequest grid_request_of(const std::vector<std::string>& words, Json config) {
  for (const char* key :
       {"output", "resume", "shard", "dry_run", "overwrite", "json", "quiet", "log_level"}) {
    config.erase(key);
  }
  constexpr std::array<std::string_view, 6> kDropped = {"--output", "--resume", "--shard",
                                                        "--json",   "--quiet",  "--log-level"};
  std::vector<std::string> kept;
  bool dropping = false;
  for (const std::string& word : words) {
    if (word.starts_with("--")) {
      dropping = std::ranges::find(kDropped, std::string_view(word).substr(0, word.find('='))) !=
                 kDropped.end();
    }
    if (!dropping) kept.push_back(word);
  }
  return {shell_line(kept) + " --output DIR", std::move(config)};
}

}  // namespace finemix
