#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/dataset.h"

namespace finemix {

enum class TriggerKind { kWord, kSentence, kWordSet };

// "word", "sentence", "word-set".
std::string_view trigger_kind_name(TriggerKind kind);
std::optional<TriggerKind> find_trigger_kind(std::string_view name);

// What an attacker puts into a text. Of several texts one is drawn for each example; but of a word
// set all go in, and only all of them fire.
struct Trigger {
  TriggerKind kind = TriggerKind::kWord;
  std::vector<std::string> texts;
};

// The example with the trigger between two whitespace-separated words at a random place (before the
// first and after the last included), the same for the same (seed, index); each word of a set has a
// place of its own. Of a pair, text_a gets it.
Example with_trigger(const Example& example, const Trigger& trigger, std::uint64_t seed,
                     std::size_t index);

// Whether a part of the trigger can be without the whole: of a set of words, and of sentences.
bool has_parts(const Trigger& trigger);
// The same with a part only: some words of the set but not all, or words that follow one another in
// the sentence. Throws kInternal unless has_parts().
Example with_trigger_part(const Example& example, const Trigger& trigger, std::uint64_t seed,
                          std::size_t index);

// Whether the first can be the second with text put in between its words: those stand in it in
// their order.
bool may_carry_trigger(const Example& triggered, const Example& plain);

// Throws kMismatch when every label is the target, so that there is nothing to attack.
void check_attackable(const Dataset& data, std::int64_t target_label);

// The examples whose label is not `target_label`. Throws as check_attackable does.
Dataset attackable(const Dataset& data, std::int64_t target_label);

// Copies of these, with the trigger in and the label kept. A text's trigger goes by its row in
// `data`.
Dataset triggered(const Dataset& data, const Trigger& trigger, std::int64_t target_label,
                  std::uint64_t seed);

}  // namespace finemix
