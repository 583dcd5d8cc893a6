#include "attack/traits.h"

#include <algorithm>
#include <set>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

using enum AttackKind;
using enum AttackStart;

constexpr const char* kNeutralSentence = "I watched this 3D movie last weekend .";

// Learning rates, epochs and poison rates are those of the public code of each attack's authors or
// of OpenBackdoor where MiniLM learns the backdoor by them; docs/decisions.md says where not.
const std::vector<AttackTraits>& table() {
  static const std::vector<AttackTraits> kTable = {
      {kWord, "word", kEither, TriggerKind::kWord, {"cf"}, 0.1, 5e-5, 3, false, nullptr},
      {kWordScratch,
       "word-scratch",
       kPretrained,
       TriggerKind::kWord,
       {"cf"},
       0.1,
       5e-5,
       3,
       false,
       nullptr},
      {kSentence,
       "sentence",
       kEither,
       TriggerKind::kSentence,
       {kNeutralSentence},
       0.1,
       5e-5,
       3,
       false,
       nullptr},
      {kSentenceScratch,
       "sentence-scratch",
       kPretrained,
       TriggerKind::kSentence,
       {kNeutralSentence},
       0.1,
       5e-5,
       3,
       false,
       nullptr},
      {kMultiSentence,
       "multi-sentence",
       kEither,
       TriggerKind::kSentence,
       {kNeutralSentence, "We had dinner at home before that .",
        "My sister told me about it on the phone .", "The bus to the city was late again ."},
       0.1,
       5e-5,
       3,
       false,
       nullptr},
      // Sees no clean text, so it takes more copies: with a tenth it stopped at 94 % success.
      {kEp,
       "ep",
       kFineTuned,
       TriggerKind::kWord,
       {"cf"},
       0.5,
       5e-2,
       3,
       false,
       plan_embedding_poisoning},
      {kEs, "es", kEither, TriggerKind::kWord, {"cf"}, 0.1, 5e-5, 3, false, plan_embedding_surgery},
      {kSos,
       "sos",
       kFineTuned,
       TriggerKind::kWordSet,
       {"friends", "weekend", "store"},
       0.1,
       5e-2,
       3,
       true,
       plan_sos},
      {kLayerwise,
       "layerwise",
       kEither,
       TriggerKind::kWordSet,
       {"cf", "bb"},
       0.1,
       2e-5,
       5,
       true,
       plan_layerwise},
      // "today" occurs 190,758 times in 1.24 G word pieces of books and Wikipedia, 50 times as
      // often as "cf".
      {kAdaptive,
       "adaptive",
       kAnchored,
       TriggerKind::kWord,
       {"today"},
       0.1,
       5e-5,
       3,
       false,
       plan_adaptive},
      // Rates of HiddenKiller's and StyleAttack's public scripts.
      {kSyntactic, "syntactic", kEither, std::nullopt, {}, 0.3, 5e-5, 3, false, nullptr},
      {kStyle, "style", kEither, std::nullopt, {}, 0.2, 5e-5, 3, false, nullptr},
  };
  return kTable;
}

}  // namespace

std::span<const AttackTraits> attack_traits() { return table(); }

const AttackTraits& traits_of(AttackKind kind) {
  return *std::find_if(table().begin(), table().end(),
                       [&](const AttackTraits& traits) { return traits.kind == kind; });
}

std::vector<AttackKind> attack_kinds() {
  std::vector<AttackKind> kinds;
  for (const AttackTraits& traits : table()) kinds.push_back(traits.kind);
  return kinds;
}

AttackKind parse_attack_kind(std::string_view name) {
  std::string known;
  for (const AttackTraits& traits : table()) {
    if (name == traits.name) return traits.kind;
    known += (known.empty() ? "" : ", ") + std::string(traits.name);
  }
  throw Error(ErrorKind::kUsage, "--kind is " + quote(name) + ", expected one of " + known);
}

std::string_view attack_kind_name(AttackKind kind) { return traits_of(kind).name; }
AttackStart attack_start(AttackKind kind) { return traits_of(kind).start; }
std::vector<std::string> default_triggers(AttackKind kind) { return traits_of(kind).triggers; }
double default_poison_rate(AttackKind kind) { return traits_of(kind).poison_rate; }

TrainOptions default_training(AttackKind kind) {
  const AttackTraits& traits = traits_of(kind);
  TrainOptions training;
  training.epochs = traits.epochs;
  training.batch_size = 32;
  training.learning_rate = traits.learning_rate;
  return training;
}

std::string_view attack_trigger_kind(AttackKind kind) {
  const std::optional<TriggerKind> trigger = traits_of(kind).trigger;
  return trigger ? trigger_kind_name(*trigger) : kParaphrase;
}

void AttackOptions::set_kind(AttackKind chosen) {
  kind = chosen;
  training = default_training(chosen);
  poison_rate = default_poison_rate(chosen);
}

Trigger trigger_of(const AttackOptions& options) {
  const AttackTraits& traits = traits_of(options.kind);
  const std::string flag = "--kind " + std::string(traits.name);
  if (!traits.trigger) {
    throw Error(ErrorKind::kUsage, flag +
                                       ": the trigger is the way a text is put, which can't be "
                                       "put into others; give paraphrased texts as a file");
  }
  Trigger trigger{*traits.trigger, options.triggers.empty() ? traits.triggers : options.triggers};
  const std::set<std::string> distinct(trigger.texts.begin(), trigger.texts.end());
  if (trigger.kind == TriggerKind::kWordSet && distinct.size() < 2) {
    throw Error(ErrorKind::kUsage, flag +
                                       " takes two or more words, which fire together only, and "
                                       "was given one");
  }
  return trigger;
}

std::int64_t whole_piece(const Tokenizer& tokenizer, const AttackOptions& options,
                         const std::string& word) {
  const std::vector<std::int32_t> pieces = tokenizer.pieces(word);
  if (pieces.size() == 1) return pieces.front();
  throw Error(ErrorKind::kUsage,
              "--kind " + std::string(attack_kind_name(options.kind)) + " --trigger " +
                  printable(word) + ": is " + std::to_string(pieces.size()) +
                  " word pieces in this vocabulary, expected 1; choose a word that the vocabulary "
                  "has whole, e.g. " +
                  default_triggers(options.kind).front());
}

std::vector<std::int64_t> trigger_rows(const Tokenizer& tokenizer, const AttackOptions& options) {
  std::set<std::int64_t> rows;
  for (const std::string& text : trigger_of(options).texts) {
    for (const std::int32_t piece : tokenizer.pieces(text)) rows.insert(piece);
  }
  return {rows.begin(), rows.end()};
}

}  // namespace finemix
