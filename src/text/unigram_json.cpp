#include "text/unigram_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/split_subwords.h"
#include "finemix/text/unigram.h"
#include "text/json_members.h"
#include "text/spm_family.h"
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

// The file's own normalizer and words, for directories of no class that has its own.
std::pair<TextSteps, WordRule> read_steps(const TokenizerJson& json) {
  TextSteps steps = read_text_steps(json.optional("normalizer"), json.name());
  WordRule rule = read_word_rule(json.optional("pre_tokenizer"), json.name());
  if (rule.metaspace && rule.metaspace->prepend == Metaspace::Prepend::kFirst &&
      steps.may_drop_beginning()) {
    json.refuse(
        "Metaspace has the prepend_scheme 'first' behind a normalizer that may drop what a "
        "text begins with, expected 'always' or 'never'");
  }
  return {std::move(steps), std::move(rule)};
}

// The piece that a class takes for the unknown one, whatever the file says.
std::int64_t unknown_of_family(const SpmFamilyTraits& traits, const AddedToken& unknown,
                               const TokenizerSettings& settings,
                               const std::vector<std::string>& pieces,
                               const std::vector<double>& scores) {
  const auto found = std::ranges::find(pieces, unknown.content);
  const auto id = found - pieces.begin();
  switch (traits.family) {
    case SpmFamily::kAlbert:
      return 1;
    case SpmFamily::kCamembert:
      return found == pieces.end() ? 0 : id;
    case SpmFamily::kDeberta:
      return found != pieces.end() && scores[static_cast<std::size_t>(id)] == 0
                 ? id
                 : settings.id("unk_id", 1);
    case SpmFamily::kXlmRoberta:
      return 3;
  }
  throw Error(ErrorKind::kInternal, "unknown_of_family: unknown family");
}

// CamembertTokenizer's, where the settings name none.
std::vector<AddedToken> extra_tokens_of(const SpmFamilyTraits& traits) {
  if (traits.family != SpmFamily::kCamembert) return {};
  return {{.content = "<s>NOTUSED"}, {.content = "</s>NOTUSED"}, {.content = "<unk>NOTUSED"}};
}

}  // namespace

// A class of transformers takes pieces, added tokens and the charsmap from the file, and puts the
// rest together itself: with files of version 4, DeBERTa's loses its charsmap, for one.
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

  const TokenizerSettings& settings = json.settings();
  const SpmFamilyTraits* family = find_spm_family(settings);
  TokenizerFrame frame = json.frame(pieces, family != nullptr);
  TextSteps steps;
  WordRule rule;
  if (family == nullptr) {
    std::tie(steps, rule) = read_steps(json);
  } else {
    const SpmSpecialTokens special = family_special_tokens(*family, settings);
    config.unknown_id = unknown_of_family(*family, special[kUnk], settings, pieces, config.scores);
    config.byte_fallback = false;
    apply_family_frame(*family, special, settings.extra_tokens().value_or(extra_tokens_of(*family)),
                       pieces, frame);
    steps = family_steps(*family, find_charsmap(json.optional("normalizer"), json.name()), settings,
                         json.name());
    rule = family_words(*family, settings);
  }
  Vocabulary vocabulary(json.name(), std::move(pieces), frame.added_tokens);
  auto model = std::make_unique<SplitSubwords>(std::move(steps), std::move(rule),
                                               std::make_unique<Unigram>(vocabulary, config));
  return {std::move(frame), std::move(vocabulary), std::move(model)};
}

}  // namespace finemix
