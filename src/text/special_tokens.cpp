#include "text/special_tokens.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

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
  if (token.content.empty()) return -1;
  if (known == vocabulary_.end()) {
    missing_.push_back(token);
    return -1;
  }
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

// transformers gives ids to missing ones with a role first. Without extra tokens no id shows it.
void SpecialTokens::add_extra() {
  const auto extra = settings_.extra_tokens();
  if (!extra || extra->empty()) return;
  missing_.insert(missing_.end(), extra->begin(), extra->end());
  add_tokens(missing_, vocabulary_, frame_.added_tokens);
}

void add_tokens(const std::vector<AddedToken>& more, const std::vector<std::string>& vocabulary,
                std::vector<AddedToken>& tokens) {
  std::map<std::string_view, std::int32_t> ids;
  for (std::size_t id = 0; id < vocabulary.size(); ++id) {
    ids.emplace(vocabulary[id], static_cast<std::int32_t>(id));
  }
  auto next = static_cast<std::int64_t>(vocabulary.size());
  std::set<std::string> there;
  for (const AddedToken& token : tokens) {
    there.insert(token.content);
    next = std::max(next, token.id + std::int64_t{1});
  }
  for (AddedToken token : more) {
    if (!there.insert(token.content).second) continue;
    const auto found = ids.find(token.content);
    token.id = static_cast<std::int32_t>(found != ids.end() ? found->second : next++);
    tokens.push_back(std::move(token));
  }
}

}  // namespace finemix
