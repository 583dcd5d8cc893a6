#include "pipeline/scan/whole_words.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "finemix/eval/insertion.h"

namespace finemix {
namespace {

// Whether a piece goes on with a word. Punctuation does so where pieces have their spaces.
bool goes_on(const Tokenizer& tokenizer, std::int64_t id) {
  const PieceText piece = tokenizer.piece_text(static_cast<std::int32_t>(id));
  return piece.continues && std::ranges::none_of(piece.text, [](unsigned char byte) {
           return std::ispunct(byte) != 0 || std::isspace(byte) != 0;
         });
}

bool holds(std::span<const std::int64_t> ids, std::int64_t id) {
  return std::ranges::find(ids, id) != ids.end();
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

// A word that may have been trained, not yet whole.
struct Guess {
  SuspectedTrigger word;
  Sureness sure;
};

// Each label's `count` surest, surest first.
void keep_surest(std::vector<Guess>& guesses, std::size_t count) {
  std::ranges::stable_sort(guesses, std::ranges::greater(),
                           [](const Guess& each) { return each.sure.sum(); });
  std::map<std::int64_t, std::size_t> kept;
  std::erase_if(guesses,
                [&](const Guess& each) { return kept[each.word.target_label]++ >= count; });
}

}  // namespace

bool same_trigger(const SuspectedTrigger& one, const SuspectedTrigger& other) {
  return one.ids == other.ids && one.place == other.place && one.target_label == other.target_label;
}

void add_new(std::vector<SuspectedTrigger>& words, const SuspectedTrigger& word) {
  if (std::ranges::none_of(words, [&](const auto& each) { return same_trigger(each, word); })) {
    words.push_back(word);
  }
}

bool is_begin(const SuspectedTrigger& trigger, const Tokenizer& tokenizer) {
  return trigger.ids.size() == 1 && !goes_on(tokenizer, trigger.ids.front());
}

bool is_one_word(const SuspectedTrigger& trigger, const Tokenizer& tokenizer) {
  return !goes_on(tokenizer, trigger.ids.front()) &&
         std::all_of(trigger.ids.begin() + 1, trigger.ids.end(),
                     [&](std::int64_t id) { return goes_on(tokenizer, id); });
}

std::vector<SuspectedTrigger> parts_of_words(const SuspectedTrigger& phrase,
                                             std::span<const std::int64_t> strange_rows,
                                             const Tokenizer& tokenizer) {
  const std::vector<std::int64_t>& ids = phrase.ids;
  const auto of_word = [&](std::int64_t id) { return goes_on(tokenizer, id); };
  std::vector<SuspectedTrigger> parts;
  if (is_one_word(phrase, tokenizer)) parts.push_back(phrase);
  std::vector<std::int64_t> rest;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (of_word(ids[i])) {
      rest.push_back(ids[i]);
      continue;
    }
    std::vector<std::int64_t> next = {ids[i]}, all = next;
    bool beside = true;
    for (std::size_t j = i + 1; j < ids.size(); ++j) {
      beside = beside && of_word(ids[j]);
      if (beside) next.push_back(ids[j]);
      if (of_word(ids[j])) all.push_back(ids[j]);
    }
    if (holds(strange_rows, ids[i])) add_if_split(parts, phrase, {ids[i]}, tokenizer);
    for (std::vector<std::int64_t>* word : {&next, &all}) {
      if (word->size() > 1) add_if_split(parts, phrase, std::move(*word), tokenizer);
    }
  }
  if (!rest.empty()) {
    parts.push_back(phrase);
    parts.back().text = phrase_text(Phrase(rest.begin(), rest.end()), tokenizer);
    parts.back().ids = std::move(rest);
  }
  return parts;
}

std::vector<SuspectedTrigger> longer_words(const SuspectedTrigger& part,
                                           std::span<const std::int64_t> pieces,
                                           const Tokenizer& tokenizer) {
  const bool begins = !goes_on(tokenizer, part.ids.front());
  std::vector<SuspectedTrigger> words;
  for (const std::int64_t id : pieces) {
    if (goes_on(tokenizer, id) != begins || holds(part.ids, id)) continue;
    for (std::size_t place = begins ? 1 : 0; place <= (begins ? part.ids.size() : 0); ++place) {
      std::vector<std::int64_t> ids = part.ids;
      ids.insert(ids.begin() + static_cast<std::ptrdiff_t>(place), id);
      add_if_split(words, part, std::move(ids), tokenizer);
    }
  }
  return words;
}

bool Sureness::surer_than(const Sureness& other) const {
  constexpr double kSurer = 0.05;
  constexpr double kLeast = 2;  // that this is a share of
  const double before = other.sum();
  return suspect >= other.suspect && sum() >= before + kSurer * std::max(std::abs(before), kLeast);
}

SuspectedTrigger whole_word(SuspectedTrigger part, const SurenessOf& sureness,
                            std::span<const std::int64_t> pieces, const Tokenizer& tokenizer,
                            std::size_t most) {
  Sureness sure = sureness(std::span(&part, 1)).front();
  while (part.ids.size() < most) {
    const std::vector<SuspectedTrigger> longer = longer_words(part, pieces, tokenizer);
    if (longer.empty()) break;
    const std::vector<Sureness> all = sureness(longer);
    const auto best = std::ranges::max_element(all, {}, &Sureness::sum);
    if (!best->surer_than(sure)) break;
    sure = *best;
    part = longer[static_cast<std::size_t>(best - all.begin())];
  }
  return part;
}

std::vector<SuspectedTrigger> surest_words(const std::vector<SuspectedTrigger>& triggers,
                                           const SurenessOf& sureness,
                                           std::span<const std::int64_t> strange_rows,
                                           const Tokenizer& tokenizer, std::size_t most) {
  constexpr std::size_t kSurest = 3;
  std::vector<std::int64_t> pieces(strange_rows.begin(), strange_rows.end());
  std::vector<SuspectedTrigger> parts;
  for (const SuspectedTrigger& each : triggers) {
    for (const std::int64_t id : each.ids) {
      if (!holds(pieces, id)) pieces.push_back(id);
    }
    for (const SuspectedTrigger& part : parts_of_words(each, strange_rows, tokenizer)) {
      add_new(parts, part);
    }
  }
  // A word that was trained begins with a piece that moved strangely.
  const auto may_grow = [&](const SuspectedTrigger& part) {
    return holds(strange_rows, part.ids.front()) && part.ids.size() < most;
  };
  std::vector<Guess> guesses;
  for (const SuspectedTrigger& part : parts) {
    std::vector<SuspectedTrigger> words = {part};
    if (may_grow(part))
      std::ranges::move(longer_words(part, pieces, tokenizer), std::back_inserter(words));
    const std::vector<Sureness> sure = sureness(words);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool surer = i == 0 || sure[i].surer_than(sure[0]);
      if (surer && words[i].ids.size() > 1) guesses.push_back({words[i], sure[i]});
    }
  }
  keep_surest(guesses, kSurest);
  for (Guess& guess : guesses) {
    if (!may_grow(guess.word)) continue;
    guess.word = whole_word(guess.word, sureness, pieces, tokenizer, most);
    guess.sure = sureness(std::span(&guess.word, 1)).front();
  }
  keep_surest(guesses, kSurest);
  std::vector<SuspectedTrigger> words;
  for (const Guess& guess : guesses) {
    if (is_one_word(guess.word, tokenizer)) add_new(words, guess.word);
  }
  return words;
}

}  // namespace finemix
