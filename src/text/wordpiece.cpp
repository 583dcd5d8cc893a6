#include "finemix/text/wordpiece.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

constexpr std::size_t kMaxWordCharacters = 1'000;

void check(const WordPieceConfig& config) {
  if (config.unknown_token.empty() ||
      std::ranges::find(config.vocabulary, config.unknown_token) == config.vocabulary.end()) {
    const auto tokens = std::ranges::count_if(config.vocabulary, std::not_fn(&std::string::empty));
    throw Error(ErrorKind::kMalformed,
                printable(config.name) + ": the unknown token " + quote(config.unknown_token) +
                    " is not in the vocabulary of " + std::to_string(tokens) + " tokens");
  }
  if (config.max_word_characters > kMaxWordCharacters) {
    throw Error(ErrorKind::kMalformed, printable(config.name) + ": max_input_chars_per_word is " +
                                           std::to_string(config.max_word_characters) +
                                           ", expected at most " +
                                           std::to_string(kMaxWordCharacters));
  }
}

SubwordParts parts_of(const WordPieceConfig& config) {
  check(config);
  Vocabulary vocabulary(config.name, config.vocabulary, config.added_tokens);
  return {config, std::move(vocabulary), std::make_unique<WordPieceModel>(config)};
}

}  // namespace

WordPieceModel::WordPieceModel(const WordPieceConfig& config)
    : continuing_prefix_(config.continuing_prefix),
      normalizer_(config.normalizer),
      words_(config) {}

WordPieceTokenizer::WordPieceTokenizer(const WordPieceConfig& config)
    : SubwordTokenizer(parts_of(config)) {}

}  // namespace finemix
