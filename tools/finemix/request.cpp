#include "request.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace finemix {
namespace {

std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_=+./:,@").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return word;
  // Line ends and the like only $'…' writes on one line.
  const bool control =
      std::ranges::any_of(word, [](unsigned char c) { return std::iscntrl(c) != 0; });
  std::string quoted;
  for (const char c : word) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) {
      constexpr std::string_view kOctal = "01234567";
      const auto byte = static_cast<unsigned char>(c);
      quoted += {'\\', kOctal[byte >> 6], kOctal[byte >> 3 & 7], kOctal[byte & 7]};
    } else if (c == '\'') {
      quoted += control ? "\\'" : "'\\''";
    } else {
      quoted += c == '\\' && control ? std::string("\\\\") : std::string(1, c);
    }
  }
  return (control ? "$'" : "'") + quoted + "'";
}

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
