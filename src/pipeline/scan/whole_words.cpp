#include "pipeline/scan/whole_words.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "finemix/eval/insertion.h"
#include "pipeline/scan/evidence.h"

namespace finemix {
namespace {

// Whether a piece goes on with a word. Punctuation does so where pieces have their spaces.
bool goes_on(const Tokenizer& tokenizer, std::int64_t id) {
  const PieceText piece = tokenizer.piece_text(static_cast<std::int32_t>(id));
  return piece.continues && std::ranges::none_of(piece.text, [](unsigned char byte) {
           return std::ispunct(byte) != 0 || std::isspace(byte) != 0;
         });
}

// Whether its pieces are one word, or begin one.
bool is_one_word(const SuspectedTrigger& trigger, const Tokenizer& tokenizer) {
  return !goes_on(tokenizer, trigger.ids.front()) &&
         std::all_of(trigger.ids.begin() + 1, trigger.ids.end(),
                     [&](std::int64_t id) { return goes_on(tokenizer, id); });
}

// Adds the trigger with these pieces instead, where a text with their word is split into them.
void add_if_split(std::vector<SuspectedTrigger>& words, SuspectedTrigger trigger,
                  std::vector<std::int64_t> ids, const Tokenizer& tokenizer) {
  trigger.text = phrase_text(Phrase(ids.begin(), ids.end()), tokenizer);
  // What stands first in a text has no space before it.
  const std::string_view before = trigger.place == TriggerPlace::kStart ? "" : " ";
  if (!std::ranges::equal(tokenizer.pieces(std::string(before) + trigger.text), ids)) return;
  if (std::ranges::find(words, ids, &SuspectedTrigger::ids) != words.end()) return;
  trigger.ids = std::move(ids);
  words.push_back(std::move(trigger));
}

}  // namespace

std::vector<SuspectedTrigger> split_words(const SuspectedTrigger& phrase,
                                          const Tokenizer& tokenizer) {
  std::vector<SuspectedTrigger> words;
  if (is_one_word(phrase, tokenizer)) return words;
  for (std::size_t i = 0; i < phrase.ids.size(); ++i) {
    if (goes_on(tokenizer, phrase.ids[i])) continue;
    std::vector<std::int64_t> next = {phrase.ids[i]}, all = next;
    bool beside = true;
    for (std::size_t j = i + 1; j < phrase.ids.size(); ++j) {
      const bool of_word = goes_on(tokenizer, phrase.ids[j]);
      beside = beside && of_word;
      if (beside) next.push_back(phrase.ids[j]);
      if (of_word) all.push_back(phrase.ids[j]);
    }
    for (std::vector<std::int64_t>* ids : {&next, &all}) {
      if (ids->size() > 1) add_if_split(words, phrase, std::move(*ids), tokenizer);
    }
  }
  return words;
}

bool may_be_part(const SuspectedTrigger& trigger) {
  constexpr double kNearlyConvicts = 0.1;  // a score; a strength of 0.29 on real texts
  return convicts(trigger) ? trigger.ids.size() > 1 : trigger.score >= kNearlyConvicts;
}

std::vector<SuspectedTrigger> longer_words(const SuspectedTrigger& word,
                                           std::span<const std::int64_t> strange_rows,
                                           const Tokenizer& tokenizer) {
  if (!is_one_word(word, tokenizer) ||
      std::ranges::find(strange_rows, word.ids.front()) == strange_rows.end()) {
    return {};
  }
  std::vector<SuspectedTrigger> words;
  for (const std::int64_t id : strange_rows) {
    if (!goes_on(tokenizer, id) || std::ranges::find(word.ids, id) != word.ids.end()) continue;
    for (std::size_t place = 1; place <= word.ids.size(); ++place) {
      std::vector<std::int64_t> ids = word.ids;
      ids.insert(ids.begin() + static_cast<std::ptrdiff_t>(place), id);
      add_if_split(words, word, std::move(ids), tokenizer);
    }
  }
  return words;
}

SuspectedTrigger whole_word(const SuspectedTrigger& part, const Classifier& model,
                            const TriggerMeasure& measure,
                            std::span<const std::int64_t> strange_rows, const Tokenizer& tokenizer,
                            std::size_t most) {
  constexpr double kSurer = 0.01;  // of the margin; less is not worth a longer word
  SuspectedTrigger word = part;
  std::optional<double> margin;
  while (word.ids.size() < most) {
    const std::vector<SuspectedTrigger> longer = longer_words(word, strange_rows, tokenizer);
    if (longer.empty()) break;
    if (!margin) margin = measure.margins(model, std::span(&word, 1)).front();
    const std::vector<double> margins = measure.margins(model, longer);
    const auto best = std::ranges::max_element(margins);
    if (*best < *margin + kSurer * std::abs(*margin)) break;
    margin = *best;
    word = longer[static_cast<std::size_t>(best - margins.begin())];
  }
  return word;
}

}  // namespace finemix
