#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "finemix/text/dataset.h"

namespace finemix {

enum class TriggerKind { kWord, kSentence };

// What an attacker puts into a text. Several texts: one is drawn for each example.
struct Trigger {
  TriggerKind kind = TriggerKind::kWord;
  std::vector<std::string> texts;
};

// The example with the trigger between two whitespace-separated words at a random place (before the
// first and after the last included), the same for the same (seed, index). Of a pair, text_a gets
// it.
Example with_trigger(const Example& example, const Trigger& trigger, std::uint64_t seed,
                     std::size_t index);

// Copies of all examples whose label is not `target_label`, with the trigger in and the label kept.
Dataset triggered(const Dataset& data, const Trigger& trigger, std::int64_t target_label,
                  std::uint64_t seed);

}  // namespace finemix
