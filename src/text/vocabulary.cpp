#include "finemix/text/vocabulary.h"

#include <algorithm>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

// Real ones have 2 to 4 MB. What is built of a byte, a trie's node and its links, takes 44 bytes.
constexpr std::size_t kMaxVocabularyBytes = 8 << 20;

[[noreturn]] void refuse(std::string_view name, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(name) + ": " + what);
}

std::uint64_t start_of(std::string_view token) {
  std::uint64_t start = 0;
  for (std::size_t i = 0; i < sizeof start; ++i) {
    start = start << 8 | (i < token.size() ? static_cast<unsigned char>(token[i]) : 0);
  }
  return start;
}

void check_size(std::string_view name, const std::vector<std::string>& tokens,
                std::span<const AddedToken> added_tokens) {
  if (tokens.size() + added_tokens.size() > kMaxTokens) {
    refuse(name, "the vocabulary has " + std::to_string(tokens.size() + added_tokens.size()) +
                     " tokens, expected at most " + std::to_string(kMaxTokens));
  }
  std::size_t bytes = 0;
  for (const AddedToken& added : added_tokens) bytes += added.content.size();
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].size() > kMaxTokenBytes) {
      refuse(name, "token " + std::to_string(id) + " is " + std::to_string(tokens[id].size()) +
                       " bytes long, expected at most " + std::to_string(kMaxTokenBytes));
    }
    bytes += tokens[id].size();
  }
  if (bytes > kMaxVocabularyBytes) {
    refuse(name, "the vocabulary has " + std::to_string(bytes) + " bytes, expected at most " +
                     std::to_string(kMaxVocabularyBytes));
  }
}

void check_contents(std::string_view name, std::span<const AddedToken> added_tokens) {
  std::vector<std::string_view> contents;
  for (const AddedToken& added : added_tokens) {
    if (added.content.empty() || added.content.size() > kMaxTokenBytes) {
      refuse(name, "added token " + std::to_string(added.id) + " is " +
                       std::to_string(added.content.size()) + " bytes long, expected 1 to " +
                       std::to_string(kMaxTokenBytes));
    }
    contents.push_back(added.content);
  }
  std::ranges::sort(contents);
  const auto twice = std::ranges::adjacent_find(contents);
  if (twice == contents.end()) return;
  std::string ids;
  for (const AddedToken& added : added_tokens) {
    if (added.content == *twice && ids.size() < 100) {
      ids += (ids.empty() ? "" : ", ") + std::to_string(added.id);
    }
  }
  refuse(name, "the added token " + quote(*twice) + " is there twice, with ids " + ids +
                   ", expected once");
}

}  // namespace

Vocabulary::Vocabulary(std::string_view name, std::vector<std::string> tokens,
                       std::span<const AddedToken> added_tokens)
    : tokens_(std::move(tokens)), model_tokens_(tokens_.size()) {
  check_size(name, tokens_, added_tokens);
  add_entries(0);
  check_model_tokens(name);
  check_contents(name, added_tokens);
  for (const AddedToken& added : added_tokens) {
    const std::int32_t known = find(added.content);
    const std::int32_t expected = known >= 0 ? known : static_cast<std::int32_t>(tokens_.size());
    if (added.id != expected) {
      refuse(name, "the added token " + quote(added.content) + " has id " +
                       std::to_string(added.id) + ", expected " + std::to_string(expected) +
                       (known >= 0 ? " as in the vocabulary" : ", the first free one"));
    }
    if (known < 0) tokens_.push_back(added.content);
  }
  add_entries(model_tokens_);
}

void Vocabulary::add_entries(std::size_t first_id) {
  const auto before = static_cast<std::ptrdiff_t>(entries_.size());
  for (std::size_t id = first_id; id < tokens_.size(); ++id) {
    if (tokens_[id].empty()) continue;
    entries_.push_back({start_of(tokens_[id]), static_cast<std::int32_t>(id)});
  }
  const auto in_order = [&](const Entry& one, const Entry& other) {
    if (one.start != other.start) return one.start < other.start;
    const int compared = token(one.id).compare(token(other.id));
    return compared != 0 ? compared < 0 : one.id < other.id;
  };
  std::sort(entries_.begin() + before, entries_.end(), in_order);
  std::inplace_merge(entries_.begin(), entries_.begin() + before, entries_.end(), in_order);
}

void Vocabulary::check_model_tokens(std::string_view name) {
  const auto twice =
      std::ranges::adjacent_find(entries_, [&](const Entry& one, const Entry& other) {
        return one.start == other.start && token(one.id) == token(other.id);
      });
  if (twice == entries_.end()) return;
  refuse(name, "token " + quote(token(twice->id)) + " has two ids, " + std::to_string(twice->id) +
                   " and " + std::to_string((twice + 1)->id) + ", expected one");
}

const std::string& Vocabulary::token(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) {
    throw Error(ErrorKind::kInternal, "Vocabulary::token: id " + std::to_string(id) +
                                          ", expected one of " + std::to_string(tokens_.size()));
  }
  return tokens_[static_cast<std::size_t>(id)];
}

bool Vocabulary::less(const Entry& entry, std::uint64_t start, std::string_view token) const {
  if (entry.start != start) return entry.start < start;
  return tokens_[static_cast<std::size_t>(entry.id)] < token;
}

std::int32_t Vocabulary::find(std::string_view token) const {
  const std::uint64_t start = start_of(token);
  const auto place =
      std::partition_point(entries_.begin(), entries_.end(),
                           [&](const Entry& entry) { return less(entry, start, token); });
  if (place == entries_.end() || this->token(place->id) != token) return -1;
  return place->id;
}

std::int32_t Vocabulary::find_of_model(std::string_view token) const {
  const std::int32_t id = find(token);
  return id >= 0 && static_cast<std::size_t>(id) < model_tokens_ ? id : -1;
}

}  // namespace finemix
