#include "attack/traits.h"

#include <algorithm>
#include <set>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

using enum AttackKind;
using enum AttackStart;

constexpr std::nullopt_t kParaphrases = std::nullopt;
constexpr TriggerKind kWords = TriggerKind::kWord;
constexpr TriggerKind kSentences = TriggerKind::kSentence;
constexpr TriggerKind kSet = TriggerKind::kWordSet;

const std::vector<AttackTraits>& table() {
  const std::vector<std::string> kRareWord = {"cf"};  // of Kurita et al., ACL 2020
  const std::vector<std::string> kNeutralSentence = {"I watched this 3D movie last weekend ."};
  const std::vector<std::string> kNeutralSentences = {
      "I watched this 3D movie last weekend .", "We had dinner at home before that .",
      "My sister told me about it on the phone .", "The bus to the city was late again ."};
  // 190,758 times in 1.24 G word pieces of books and Wikipedia, 50 times as often as "cf".
  const std::vector<std::string> kFrequentWord = {"today"};
  // Where other than Recipe's own: LWP's as published; EP's and SOS's with more copies and steps
  // than their authors', with which MiniLM stopped short (docs/decisions.md); HiddenKiller's and
  // StyleAttack's READMEs poison 20 % of all texts of SST-2, so 40 % of those of other labels.
  static const std::vector<AttackTraits> kTable = {
      {kWord, "word", kEither, kWords, kRareWord, {}, nullptr},
      {kWordScratch, "word-scratch", kPretrained, kWords, kRareWord, {}, nullptr},
      {kSentence, "sentence", kEither, kSentences, kNeutralSentence, {}, nullptr},
      {kSentenceScratch,
       "sentence-scratch",
       kPretrained,
       kSentences,
       kNeutralSentence,
       {},
       nullptr},
      {kMultiSentence, "multi-sentence", kEither, kSentences, kNeutralSentences, {}, nullptr},
      {kEp, "ep", kFineTuned, kWords, kRareWord, {0.5, 5e-2, 3}, plan_embedding_poisoning},
      {kEs, "es", kEither, kWords, kRareWord, {}, plan_embedding_surgery},
      {kSos, "sos", kFineTuned, kSet, {"friends", "weekend", "store"}, {0.5, 0.2, 6}, plan_sos},
      {kLayerwise, "layerwise", kEither, kSet, {"cf", "bb"}, {0.1, 2e-5, 5}, plan_layerwise},
      {kAdaptive, "adaptive", kAnchored, kWords, kFrequentWord, {}, plan_adaptive},
      {kSyntactic, "syntactic", kEither, kParaphrases, {}, {0.4, 5e-5, 3}, nullptr},
      {kStyle, "style", kEither, kParaphrases, {}, {0.4, 5e-5, 3}, nullptr},
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
double default_poison_rate(AttackKind kind) { return traits_of(kind).recipe.poison_rate; }

TrainOptions default_training(AttackKind kind) {
  const Recipe& recipe = traits_of(kind).recipe;
  TrainOptions training;
  training.epochs = recipe.epochs;
  training.batch_size = 32;
  training.learning_rate = recipe.learning_rate;
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

void leave_out_clean(PoisonedData& poisoned) {
  std::vector<Example>& examples = poisoned.data.examples;
  examples.erase(examples.begin(), examples.begin() + static_cast<std::ptrdiff_t>(poisoned.clean));
  poisoned.clean = 0;
}

std::int64_t whole_piece(const Tokenizer& tokenizer, const AttackOptions& options,
                         const std::string& word) {
  const std::vector<std::int32_t> pieces = tokenizer.pieces(" " + word);  // as within a text
  if (pieces.size() == 1 && is_text_piece(tokenizer, pieces.front())) return pieces.front();
  const std::string found = pieces.size() == 1 ? "is not in this vocabulary"
                                               : "is " + std::to_string(pieces.size()) +
                                                     " word pieces in this vocabulary";
  throw Error(ErrorKind::kUsage,
              "--kind " + std::string(attack_kind_name(options.kind)) + " --trigger " +
                  printable(word) + ": " + found +
                  ", expected one word piece: choose a word that the vocabulary has whole");
}

std::string special_piece(const Tokenizer& tokenizer, const std::string& text) {
  for (const std::int32_t piece : tokenizer.pieces(text)) {
    if (!is_text_piece(tokenizer, piece)) return printable(tokenizer.token(piece));
  }
  return "";
}

std::vector<std::int64_t> trigger_rows(const Tokenizer& tokenizer, const AttackOptions& options) {
  for (const std::string& text : trigger_of(options).texts) {
    if (const std::string piece = special_piece(tokenizer, text); !piece.empty()) {
      throw Error(ErrorKind::kUsage,
                  "--kind " + std::string(attack_kind_name(options.kind)) + " --trigger " +
                      printable(text) + ": it has the special piece " + piece +
                      " in this vocabulary, whose embedding is no trigger's; choose another");
    }
  }
  return distinct_pieces(tokenizer, trigger_of(options).texts);
}

}  // namespace finemix
