#include "finemix/text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "finemix/text/unicode.h"

namespace finemix {
namespace {

bool first_is(std::string_view text, CodePointProperty property) {
  std::size_t at = 0;
  return !text.empty() && code_point_properties()[next_code_point(text, at)] & property;
}

// Where the last code point of `text` begins.
std::size_t last_code_point(std::string_view text) {
  std::size_t at = text.size() - 1;
  while ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

bool last_is(std::string_view text, CodePointProperty property) {
  return !text.empty() && first_is(text.substr(last_code_point(text)), property);
}

}  // namespace

AddedTokenSplitter::AddedTokenSplitter(std::vector<std::string> patterns,
                                       std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), patterns_(patterns) {
  for (const std::string& pattern : patterns) {
    starts_[static_cast<unsigned char>(pattern.front())] = true;
  }
}

std::vector<AddedTokenSplitter::Part> AddedTokenSplitter::split(std::string_view text) const {
  std::vector<Part> parts;
  std::size_t done = 0;  // bytes that are in `parts`
  for (std::size_t at = 0; at < text.size();) {
    if (!starts_[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    const PieceTrie::Match match = patterns_.longest(PieceTrie::kRoot, text.substr(at));
    if (match.value < 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<std::size_t>(match.value)];
    std::size_t begin = at;
    std::size_t end = at += match.length;
    if (token.single_word && (last_is(text.substr(0, begin), kWordCharacter) ||
                              first_is(text.substr(end), kWordCharacter))) {
      continue;
    }
    // White space that the token before has taken stays with it.
    while (token.left_strip && begin > done && last_is(text.substr(0, begin), kWhitespace)) {
      begin = last_code_point(text.substr(0, begin));
    }
    while (token.right_strip && first_is(text.substr(end), kWhitespace)) {
      next_code_point(text, end);
    }
    if (done < begin) parts.push_back({text.substr(done, begin - done), nullptr});
    parts.push_back({text.substr(begin, end - begin), &token});
    done = end;
  }
  if (done < text.size()) parts.push_back({text.substr(done), nullptr});
  return parts;
}

}  // namespace finemix
