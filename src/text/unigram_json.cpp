#include "text/unigram_json.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "finemix/core/quote.h"
#include "finemix/text/split_subwords.h"
#include "finemix/text/unigram.h"
#include "text/json_members.h"
#include "text/text_steps_json.h"

namespace finemix {
namespace {

// [["<unk>", 0.0], ["the", -3.5], …], the ids being the places.
std::vector<std::string> read_pieces(const TokenizerJson& json, std::vector<double>& scores) {
  const Json& vocabulary = array_member(json.model(), "vocab", json.name());
  if (vocabulary.size() > kMaxTokens) {
    json.refuse("the model has " + std::to_string(vocabulary.size()) +
                " pieces, expected at most " + std::to_string(kMaxTokens));
  }
  // Those of a sentencepiece model are floats.
  constexpr double kMaxScore = std::numeric_limits<float>::max();
  std::vector<std::string> pieces;
  for (const Json& piece : vocabulary) {
    if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() || !piece[1].is_number() ||
        !(std::abs(piece[1].get<double>()) <= kMaxScore)) {
      json.refuse("piece " + std::to_string(pieces.size()) + " is " +
                  printable(piece.dump(-1, ' ', true, Json::error_handler_t::replace)) +
                  ", expected a text and a score in an array");
    }
    pieces.push_back(piece[0].get<std::string>());
    scores.push_back(piece[1].get<double>());
  }
  return pieces;
}

}  // namespace

SubwordParts read_unigram_json(const TokenizerJson& json) {
  constexpr auto kLastId = static_cast<std::int64_t>(kMaxTokens) - 1;
  Unigram::Config config;
  config.name = json.name();
  std::vector<std::string> pieces = read_pieces(json, config.scores);
  if (!json.model().contains("unk_id") || json.model()["unk_id"].is_null()) {
    json.refuse("the model has no 'unk_id', expected that of an unknown piece");
  }
  config.unknown_id = json_integer(json.model(), "unk_id", 0, kLastId, json.name());
  config.byte_fallback = json_boolean_or(json.model(), "byte_fallback", false, json.name());

  TextSteps steps = read_text_steps(json.optional("normalizer"), json.name());
  WordRule rule = read_word_rule(json.optional("pre_tokenizer"), json.name());
  if (rule.metaspace && rule.metaspace->prepend == Metaspace::Prepend::kFirst &&
      steps.may_drop_beginning()) {
    json.refuse(
        "Metaspace has the prepend_scheme 'first' behind a normalizer that may drop what a "
        "text begins with, expected 'always' or 'never'");
  }
  TokenizerFrame frame = json.frame(pieces);
  Vocabulary vocabulary(json.name(), std::move(pieces), frame.added_tokens);
  auto model = std::make_unique<SplitSubwords>(std::move(steps), std::move(rule),
                                               std::make_unique<Unigram>(vocabulary, config));
  return {std::move(frame), std::move(vocabulary), std::move(model)};
}

}  // namespace finemix
