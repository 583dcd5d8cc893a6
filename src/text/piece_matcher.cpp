#include "finemix/text/piece_matcher.h"

#include <algorithm>

namespace finemix {
namespace {

constexpr char kGoesOn = '\xFF';  // in no text, for it is in no UTF-8

std::vector<std::string> make_keys(std::span<const std::string> vocabulary,
                                   std::string_view prefix) {
  std::vector<std::string> keys(vocabulary.begin(), vocabulary.end());
  for (std::string& key : keys) {
    if (key.starts_with(kGoesOn)) key.clear();
  }
  for (const std::string& token : vocabulary) {
    const bool goes_on = token.size() > prefix.size() && token.starts_with(prefix);
    keys.push_back(goes_on ? kGoesOn + token.substr(prefix.size()) : std::string());
  }
  keys.emplace_back(1, kGoesOn);  // so that there is such a node without any token that goes on
  return keys;
}

}  // namespace

PieceMatcher::PieceMatcher(std::span<const std::string> vocabulary, std::string_view prefix)
    : tokens_(vocabulary.size()), trie_({}) {
  const std::vector<std::string> keys = make_keys(vocabulary, prefix);
  trie_ = PieceTrie(keys);
  going_on_ = trie_.child(PieceTrie::kRoot, kGoesOn);
  failures_.resize(trie_.node_limit());

  // Node by node in the order of their depths, for a link leads to a node of less depth, but for
  // the byte kGoesOn.
  struct Walk {
    const std::string* key;
    PieceTrie::Node node;
  };
  std::vector<Walk> walks;
  for (const std::string& key : keys) walks.push_back({&key, PieceTrie::kRoot});
  std::vector<bool> done(trie_.node_limit(), false);
  for (std::size_t depth = 0; !walks.empty(); ++depth) {
    std::erase_if(walks, [&](const Walk& walk) { return walk.key->size() == depth; });
    for (Walk& walk : walks) {
      const char byte = (*walk.key)[depth];
      const PieceTrie::Node parent = walk.node;
      walk.node = trie_.child(parent, byte);
      if (done[walk.node]) continue;
      done[walk.node] = true;
      if (walk.node == going_on_) continue;
      if (const std::int32_t value = trie_.value(walk.node); value >= 0) {
        failures_[walk.node] = {going_on_, ~(value % static_cast<std::int32_t>(tokens_))};
      } else {
        failures_[walk.node] = failure_below(parent, byte);
      }
    }
  }
}

// Of the child of `parent` by `byte`, which is the end of no token: the pieces that are certain
// above it, and those before the first rest that goes on with the byte.
PieceMatcher::Failure PieceMatcher::failure_below(PieceTrie::Node parent, char byte) {
  auto [next, pieces] = failures_[parent];
  while (next != PieceTrie::kNowhere) {
    const PieceTrie::Node child = trie_.child(next, byte);
    if (child != PieceTrie::kNowhere) return {child, pieces};
    pieces = joined(pieces, failures_[next].pieces);
    next = failures_[next].next;
  }
  return {};
}

std::int32_t PieceMatcher::joined(std::int32_t first, std::int32_t second) {
  if (first == kNone) return second;
  if (second == kNone) return first;
  both_.push_back({first, second});
  return static_cast<std::int32_t>(both_.size() - 1);
}

// Recurs no deeper than twice the length of a token: what is joined is of shorter texts.
void PieceMatcher::add(std::int32_t pieces, std::vector<std::int32_t>& ids) const {
  if (pieces < 0) return ids.push_back(~pieces);
  const Both& both = both_[static_cast<std::size_t>(pieces)];
  add(both.first, ids);
  add(both.second, ids);
}

bool PieceMatcher::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  PieceTrie::Node node = PieceTrie::kRoot;
  const auto fall_back = [&] {
    const Failure& failure = failures_[node];
    node = failure.next;
    if (node == PieceTrie::kNowhere) return false;
    add(failure.pieces, ids);
    return true;
  };
  for (const char byte : word) {
    PieceTrie::Node next;
    while ((next = trie_.child(node, byte)) == PieceTrie::kNowhere) {
      if (!fall_back()) return false;
    }
    node = next;
  }
  while (node != going_on_) {
    if (!fall_back()) return false;
  }
  return true;
}

std::int32_t PieceMatcher::find(std::string_view token) const {
  const std::int32_t value = trie_.find(token);
  return value < static_cast<std::int32_t>(tokens_) ? value : -1;
}

}  // namespace finemix
