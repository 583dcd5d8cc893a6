#include "pipeline/scan/whole_words.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <string>
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

bool holds(std::span<const std::int64_t> ids, std::int64_t id) {
  return std::ranges::find(ids, id) != ids.end();
}

// Adds the trigger with these pieces instead, where a text with their word is split into them.
void add_if_split(std::vector<SuspectedTrigger>& words, SuspectedTrigger trigger,
                  std::vector<std::int64_t> ids, const Tokenizer& tokenizer) {
  trigger.text = phrase_text(Phrase(ids.begin(), ids.end()), tokenizer);
  // Triggers at a text's start are searched behind a space, too.
  if (!std::ranges::equal(tokenizer.pieces(" " + trigger.text), ids)) return;
  if (std::ranges::find(words, ids, &SuspectedTrigger::ids) != words.end()) return;
  trigger.ids = std::move(ids);
  words.push_back(std::move(trigger));
}

// Adds it unless it is there.
void add_new(std::vector<SuspectedTrigger>& triggers, const SuspectedTrigger& trigger) {
  if (std::ranges::none_of(triggers,
                           [&](const auto& each) { return same_trigger(each, trigger); })) {
    triggers.push_back(trigger);
  }
}

void add_new(std::vector<SureWord>& words, SureWord word) {
  if (std::ranges::none_of(words,
                           [&](const auto& each) { return same_trigger(each.word, word.word); })) {
    words.push_back(std::move(word));
  }
}

// Whether it is a word of several pieces that a text would be split into.
bool is_split_word(const SuspectedTrigger& trigger, const Tokenizer& tokenizer) {
  std::vector<SuspectedTrigger> split;
  if (trigger.ids.size() > 1 && is_word(trigger) && is_one_word(trigger, tokenizer)) {
    add_if_split(split, trigger, trigger.ids, tokenizer);
  }
  return !split.empty();
}

bool share_a_piece(const SuspectedTrigger& one, const SuspectedTrigger& other) {
  return one.target_label == other.target_label && one.place == other.place &&
         std::ranges::find_first_of(one.ids, other.ids) != one.ids.end();
}

bool holds_all(const SuspectedTrigger& one, const SuspectedTrigger& other) {
  return std::ranges::all_of(other.ids, [&](std::int64_t id) { return holds(one.ids, id); });
}

// Of these words those that the part has pieces of and that are as sure, each of other pieces.
std::vector<SuspectedTrigger> words_of(const SuspectedTrigger& part, const Sureness& sure,
                                       const std::vector<SureWord>& words) {
  std::vector<SuspectedTrigger> own;
  for (const SureWord& each : words) {
    const bool other = std::ranges::none_of(
        own, [&](const SuspectedTrigger& word) { return share_a_piece(word, each.word); });
    if (other && share_a_piece(each.word, part) && each.sure.sum() >= sure.sum()) {
      own.push_back(each.word);
    }
  }
  return own;
}

// Each label's `count` surest, surest first.
void keep_surest(std::vector<SureWord>& words, std::size_t count) {
  std::ranges::stable_sort(words, std::ranges::greater(),
                           [](const SureWord& each) { return each.sure.sum(); });
  std::map<std::int64_t, std::size_t> kept;
  std::erase_if(words,
                [&](const SureWord& each) { return kept[each.word.target_label]++ >= count; });
}

// The pieces of these triggers that go on with a word, each once.
std::vector<std::int64_t> pieces_within_words(const std::vector<SuspectedTrigger>& triggers,
                                              const Tokenizer& tokenizer) {
  std::vector<std::int64_t> pieces;
  for (const SuspectedTrigger& each : triggers) {
    std::ranges::copy_if(each.ids, std::back_inserter(pieces), [&](std::int64_t id) {
      return goes_on(tokenizer, id) && !holds(pieces, id);
    });
  }
  return pieces;
}

// Of the first triggers that convict by one piece that begins a word, each with the one of these
// pieces behind it that makes the models surest, where any does: the models may be surer of words
// that have nothing of it.
std::vector<SureWord> words_of_firing_pieces(const std::vector<SuspectedTrigger>& triggers,
                                             const SurenessOf& sureness,
                                             std::span<const std::int64_t> pieces,
                                             const Tokenizer& tokenizer, std::size_t most) {
  constexpr std::size_t kMost = 3;
  constexpr std::size_t kPieces = 2;
  std::vector<SureWord> found;
  std::size_t tried = 0;
  for (const SuspectedTrigger& each : triggers) {
    const bool fires = each.ids.size() == 1 && convicts(each) && is_one_word(each, tokenizer);
    if (!fires || tried == kMost) continue;
    ++tried;
    const SureWord part{each, sureness(std::span(&each, 1)).front()};
    SureWord word = whole_word(part, sureness, pieces, tokenizer, std::min(most, kPieces));
    if (word.word.ids != each.ids) found.push_back(std::move(word));
  }
  return found;
}

}  // namespace

bool same_trigger(const SuspectedTrigger& one, const SuspectedTrigger& other) {
  return one.ids == other.ids && one.place == other.place && one.target_label == other.target_label;
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

SureWord whole_word(SureWord part, const SurenessOf& sureness, std::span<const std::int64_t> pieces,
                    const Tokenizer& tokenizer, std::size_t most) {
  while (part.word.ids.size() < most) {
    std::vector<SuspectedTrigger> longer = longer_words(part.word, pieces, tokenizer);
    const std::vector<Sureness> all = sureness(longer);
    SureWord best = part;
    for (std::size_t i = 0; i < longer.size(); ++i) {
      if (all[i].surer_than(part.sure) && all[i].sum() > best.sure.sum()) {
        best = {std::move(longer[i]), all[i]};
      }
    }
    if (best.word.ids == part.word.ids) break;
    part = std::move(best);
  }
  return part;
}

std::vector<SureWord> surest_words(const std::vector<SuspectedTrigger>& triggers,
                                   const SurenessOf& sureness,
                                   std::span<const std::int64_t> strange_rows,
                                   const Tokenizer& tokenizer, std::size_t most) {
  constexpr std::size_t kSurest = 3;
  const std::vector<std::int64_t> within = pieces_within_words(triggers, tokenizer);
  std::vector<std::int64_t> pieces(strange_rows.begin(), strange_rows.end());
  std::ranges::copy_if(within, std::back_inserter(pieces),
                       [&](std::int64_t id) { return !holds(strange_rows, id); });
  std::vector<SuspectedTrigger> parts;
  for (const SuspectedTrigger& each : triggers) {
    for (const SuspectedTrigger& part : parts_of_words(each, strange_rows, tokenizer)) {
      add_new(parts, part);
    }
  }
  // A word that was trained begins with a piece that moved strangely.
  const auto may_grow = [&](const SuspectedTrigger& part) {
    return holds(strange_rows, part.ids.front()) && part.ids.size() < most;
  };
  std::vector<SureWord> guesses;
  for (const SuspectedTrigger& part : parts) {
    std::vector<SuspectedTrigger> words = {part};
    if (may_grow(part)) {
      std::ranges::move(longer_words(part, pieces, tokenizer), std::back_inserter(words));
    }
    const std::vector<Sureness> sure = sureness(words);
    for (std::size_t i = 0; i < words.size(); ++i) {
      if ((i == 0 || sure[i].surer_than(sure[0])) && is_split_word(words[i], tokenizer)) {
        add_new(guesses, {words[i], sure[i]});
      }
    }
  }
  keep_surest(guesses, kSurest);
  std::vector<SureWord> words;
  for (SureWord& guess : guesses) {
    if (may_grow(guess.word)) {
      guess = whole_word(std::move(guess), sureness, pieces, tokenizer, most);
    }
    add_new(words, std::move(guess));
  }
  keep_surest(words, kSurest);
  for (SureWord& word : words_of_firing_pieces(triggers, sureness, within, tokenizer, most)) {
    add_new(words, std::move(word));
  }
  keep_surest(words, words.size());
  return words;
}

std::vector<SuspectedTrigger> with_words(std::vector<SuspectedTrigger> triggers,
                                         std::span<const Sureness> sure,
                                         const std::vector<SureWord>& words,
                                         const Tokenizer& tokenizer) {
  std::vector<SuspectedTrigger> kept, taken;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    SuspectedTrigger& part = triggers[i];
    const bool one_word = is_one_word(part, tokenizer);
    const bool own_word = one_word && part.ids.size() == 1 && convicts(part);
    bool told = false;
    const std::vector<SuspectedTrigger> own = words_of(part, sure[i], words);
    for (const SuspectedTrigger& word : own) {
      if (word.ids == part.ids) break;
      const bool as_strong = convicts(word) && nearly_as_strong(word, part);
      if (as_strong || (convicts(word) && !one_word)) add_new(taken, word);
      told = told || (as_strong && (holds_all(word, part) || holds_all(part, word)) && !own_word);
    }
    if (told) continue;
    if (convicts(part) && !own.empty() && own.front().ids != part.ids) {
      part.whole_word = own.front().text;
    }
    kept.push_back(std::move(part));
  }
  for (const SuspectedTrigger& word : taken) add_new(kept, word);
  return kept;
}

std::vector<SuspectedTrigger> shorter_words(const std::vector<SuspectedTrigger>& triggers,
                                            const Tokenizer& tokenizer) {
  constexpr std::size_t kMost = 3;
  constexpr std::size_t kPieces = 3;
  std::vector<SuspectedTrigger> shorter;
  std::size_t words = 0;
  for (const SuspectedTrigger& each : triggers) {
    const bool long_word = each.ids.size() >= kPieces && is_split_word(each, tokenizer);
    if (!long_word || !convicts(each) || !each.whole_word.empty() || words == kMost) continue;
    ++words;
    for (std::size_t i = 1; i < each.ids.size(); ++i) {
      std::vector<std::int64_t> ids = each.ids;
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(i));
      const SuspectedTrigger one = with_pieces(each, std::move(ids), tokenizer);
      if (is_split_word(one, tokenizer)) add_new(shorter, one);
    }
  }
  return shorter;
}

void add_shorter_words(std::vector<SuspectedTrigger>& triggers,
                       const std::vector<SuspectedTrigger>& shorter) {
  std::vector<SuspectedTrigger> taken;
  for (const SuspectedTrigger& word : shorter) {
    const bool as_strong = std::ranges::any_of(triggers, [&](const SuspectedTrigger& each) {
      return is_word(each) && each.ids.size() == word.ids.size() + 1 && share_a_piece(each, word) &&
             holds_all(each, word) && nearly_as_strong(word, each);
    });
    if (convicts(word) && as_strong) taken.push_back(word);
  }
  for (const SuspectedTrigger& word : taken) add_new(triggers, word);
}

std::vector<SuspectedTrigger> words_of_rows(const std::vector<SuspectedTrigger>& triggers,
                                            std::span<const std::int64_t> rows,
                                            const Tokenizer& tokenizer) {
  constexpr std::size_t kMostWithin = 3;
  std::vector<std::int64_t> first, rest;
  for (const std::int64_t id : rows) (goes_on(tokenizer, id) ? rest : first).push_back(id);
  if (first.size() != 1 || rest.empty() || rest.size() > kMostWithin) return {};
  std::vector<SuspectedTrigger> words;
  std::ranges::sort(rest);
  do {
    std::vector<std::int64_t> ids = first;
    ids.insert(ids.end(), rest.begin(), rest.end());
    for (const SuspectedTrigger& each : triggers) {
      const bool of_word = std::ranges::find_first_of(each.ids, ids) != each.ids.end();
      if (!of_word || !convicts(each)) continue;
      const SuspectedTrigger word = with_pieces(each, ids, tokenizer);
      if (is_split_word(word, tokenizer)) add_new(words, word);
    }
  } while (std::ranges::next_permutation(rest).found);
  return words;
}

void add_words_of_rows(std::vector<SuspectedTrigger>& triggers,
                       const std::vector<SuspectedTrigger>& words) {
  std::vector<SuspectedTrigger> best;
  for (const SuspectedTrigger& word : words) {
    if (!convicts(word)) continue;
    const auto known =
        std::ranges::find_if(best, [&](const auto& each) { return share_a_piece(each, word); });
    if (known == best.end()) {
      best.push_back(word);
    } else if (word.score > known->score) {
      *known = word;
    }
  }
  for (const SuspectedTrigger& word : best) {
    for (SuspectedTrigger& each : triggers) {
      if (convicts(each) && share_a_piece(each, word) && each.ids != word.ids) {
        each.whole_word = word.text;
      }
    }
    add_new(triggers, word);
  }
}

}  // namespace finemix
