#include "finemix/text/wordpiece.h"

#include <memory>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

constexpr std::size_t kMaxWordCharacters = 1'000;

void check(const WordPieceConfig& config, const Vocabulary& vocabulary) {
  if (vocabulary.find_of_model(config.unknown_token) < 0) {
    throw Error(ErrorKind::kMalformed, printable(config.name) + ": the unknown token " +
                                           quote(config.unknown_token) +
                                           " is not in the vocabulary of " +
                                           std::to_string(vocabulary.count_of_model()) + " tokens");
  }
  if (config.max_word_characters > kMaxWordCharacters) {
    throw Error(ErrorKind::kMalformed, printable(config.name) + ": max_input_chars_per_word is " +
                                           std::to_string(config.max_word_characters) +
                                           ", expected at most " +
                                           std::to_string(kMaxWordCharacters));
  }
}

SubwordParts parts_of(const WordPieceConfig& config) {
  Vocabulary vocabulary(config.name, config.vocabulary, config.added_tokens);
  check(config, vocabulary);
  return {config, std::move(vocabulary), std::make_unique<WordPieceModel>(config)};
}

}  // namespace

WordPieceModel::WordPieceModel(const WordPieceConfig& config)
    : normalizer_(config.normalizer), words_(config) {}

WordPieceTokenizer::WordPieceTokenizer(const WordPieceConfig& config)
    : SubwordTokenizer(parts_of(config)) {}

}  // namespace finemix
