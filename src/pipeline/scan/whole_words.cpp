#include "pipeline/scan/whole_words.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "finemix/eval/insertion.h"

namespace finemix {
namespace {

bool goes_on(const Tokenizer& tokenizer, std::int64_t id) {
  return tokenizer.piece_text(static_cast<std::int32_t>(id)).continues;
}

bool is_split_as_it_is(const SuspectedTrigger& word, const Tokenizer& tokenizer) {
  return std::ranges::equal(tokenizer.pieces(' ' + word.text), word.ids);
}

bool is_split_word(const SuspectedTrigger& trigger, const Tokenizer& tokenizer) {
  return trigger.ids.size() > 1 && !goes_on(tokenizer, trigger.ids.front()) &&
         std::all_of(trigger.ids.begin() + 1, trigger.ids.end(),
                     [&](std::int64_t id) { return goes_on(tokenizer, id); });
}

}  // namespace

std::vector<SuspectedTrigger> longer_words(const SuspectedTrigger& word,
                                           std::span<const std::int64_t> strange_rows,
                                           const Tokenizer& tokenizer) {
  const auto is_strange = [&](std::int64_t id) {
    return std::ranges::find(strange_rows, id) != strange_rows.end();
  };
  if (!is_split_word(word, tokenizer) || !std::ranges::all_of(word.ids, is_strange)) return {};
  std::vector<SuspectedTrigger> words;
  for (const std::int64_t id : strange_rows) {
    if (!goes_on(tokenizer, id) || std::ranges::find(word.ids, id) != word.ids.end()) continue;
    for (std::size_t place = 1; place <= word.ids.size(); ++place) {
      SuspectedTrigger longer = word;
      longer.ids.insert(longer.ids.begin() + static_cast<std::ptrdiff_t>(place), id);
      longer.text = phrase_text(Phrase(longer.ids.begin(), longer.ids.end()), tokenizer);
      if (is_split_as_it_is(longer, tokenizer)) words.push_back(std::move(longer));
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
