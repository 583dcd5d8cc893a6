#include "text/unigram_json.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "finemix/core/quote.h"
#include "finemix/text/split_subwords.h"
#include "finemix/text/unigram.h"
#include "text/json_members.h"
#include "text/text_steps_json.h"

namespace finemix {
namespace {

// [["<unk>", 0.0], ["the", -3.5], …], the ids being the places.
void read_pieces(const TokenizerJson& json, Unigram::Config& config) {
  const Json& vocabulary = array_member(json.model(), "vocab", json.name());
  if (vocabulary.size() > kMaxTokens) {
    json.refuse("the model has " + std::to_string(vocabulary.size()) +
                " pieces, expected at most " + std::to_string(kMaxTokens));
  }
  // Those of a sentencepiece model are floats.
  constexpr double kMaxScore = std::numeric_limits<float>::max();
  for (const Json& piece : vocabulary) {
    if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() || !piece[1].is_number() ||
        !(std::abs(piece[1].get<double>()) <= kMaxScore)) {
      json.refuse("piece " + std::to_string(config.pieces.size()) + " is " +
                  printable(piece.dump(-1, ' ', true, Json::error_handler_t::replace)) +
                  ", expected a text and a score in an array");
    }
    config.pieces.push_back(piece[0].get<std::string>());
    config.scores.push_back(piece[1].get<double>());
  }
}

}  // namespace

SubwordParts read_unigram_json(const TokenizerJson& json) {
  constexpr auto kLastId = static_cast<std::int64_t>(kMaxTokens) - 1;
  Unigram::Config config;
  config.name = json.name();
  read_pieces(json, config);
  if (!json.model().contains("unk_id") || json.model()["unk_id"].is_null()) {
    json.refuse("the model has no 'unk_id', expected that of an unknown piece");
  }
  config.unknown_id = json_integer(json.model(), "unk_id", 0, kLastId, json.name());
  config.byte_fallback = json_boolean_or(json.model(), "byte_fallback", false, json.name());

  TextSteps steps = read_text_steps(json.optional("normalizer"), json.name());
  WordRule rule = read_word_rule(json.optional("pre_tokenizer"), json.name());
  auto model = std::make_unique<SplitSubwords>(std::move(steps), std::move(rule),
                                               std::make_unique<Unigram>(config));
  TokenizerFrame frame = json.frame(config.pieces);
  Vocabulary vocabulary(json.name(), std::move(config.pieces), frame.added_tokens);
  return {std::move(frame), std::move(vocabulary), std::move(model)};
}

}  // namespace finemix
