#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/added_tokens.h"

namespace finemix {

// Far above any real vocabulary; they keep a hostile one from costing much memory or time.
inline constexpr std::size_t kMaxTokens = 1'000'000;
inline constexpr std::size_t kMaxTokenBytes = 512;

// Tokens by id and ids by token: those of a model, then added tokens that the model lacks. No two
// are alike; a hole among the ids is an empty token.
class Vocabulary {
 public:
  // `name` is the file, for messages. Throws kMalformed when a token is there twice or a limit is
  // exceeded, or an added token is empty, there twice, or has an id other than the one that the
  // `tokenizers` package gives it: the model's, else the next free one.
  Vocabulary(std::string_view name, std::vector<std::string> tokens,
             std::span<const AddedToken> added_tokens);

  std::size_t size() const { return tokens_.size(); }
  // The model's tokens alone.
  std::span<const std::string> of_model() const { return std::span(tokens_).first(model_tokens_); }
  // Throws kInternal when there is no such id.
  const std::string& token(std::int32_t id) const;
  // -1 when no token is this. Takes as many steps as the logarithm of the size, whatever the tokens
  // are: a hash would be slow for those that are made to collide.
  std::int32_t find(std::string_view token) const;
  // The same among the model's tokens.
  std::int32_t find_of_model(std::string_view token) const;

 private:
  struct Entry {
    std::uint64_t start;  // the first bytes, the very first as the highest, then zeros
    std::int32_t id;
  };

  void add_entries(std::size_t first_id);
  void check_model_tokens(std::string_view name);
  bool less(const Entry& entry, std::uint64_t start, std::string_view token) const;

  std::vector<std::string> tokens_;  // by id
  std::size_t model_tokens_;
  std::vector<Entry> entries_;  // of the tokens that are not empty, in the order of their bytes
};

}  // namespace finemix
