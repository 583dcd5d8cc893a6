#include "text/special_tokens.h"

#include <algorithm>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {

std::int32_t SpecialTokens::find(std::string_view role, const AddedToken& fallback) {
  AddedToken token = settings_.special_token(role, fallback);
  const auto added = std::ranges::find(frame_.added_tokens, token.content, &AddedToken::content);
  if (added != frame_.added_tokens.end()) {
    added->special = true;
    return added->id;
  }
  const auto known = std::ranges::find(vocabulary_, token.content);
  if (token.content.empty() || known == vocabulary_.end()) return -1;
  token.id = static_cast<std::int32_t>(known - vocabulary_.begin());
  frame_.added_tokens.push_back(token);
  return token.id;
}

std::int32_t SpecialTokens::require(std::string_view role, const AddedToken& fallback) {
  const std::int32_t id = find(role, fallback);
  if (id >= 0) return id;
  throw Error(ErrorKind::kMalformed, printable(frame_.name) + ": the " + std::string(role) + " " +
                                         quote(settings_.special_token(role, fallback).content) +
                                         " is not in the vocabulary of " +
                                         std::to_string(vocabulary_.size()) + " tokens");
}

}  // namespace finemix
