#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/eval/insertion.h"
#include "finemix/eval/phrase_search.h"

namespace finemix {

inline constexpr std::size_t kSlots = 8;   // texts that phrases are tried on for a label …
inline constexpr std::size_t kTender = 3;  // … and words

// Ordinary texts, shortened, to put phrases into.
struct SearchTexts {
  at::Tensor suspect_margins;            // (texts, labels)
  std::vector<at::Tensor> twin_margins;  // the same, of each twin
  // Some of each label, kSlots at most, for phrases, and kTender that the suspect is less sure of,
  // for words: the first of each label, then the second ones, and so on.
  std::vector<InsertionSlot> slots;
  std::vector<InsertionSlot> tender;
  std::size_t room = 0;  // pieces that a text may have, phrases not counted
};

// With room for phrases of `longest_phrase` pieces within the model's positions. The same for the
// same seed.
SearchTexts search_texts(const PhraseSearchInputs& inputs, std::size_t longest_phrase,
                         std::uint64_t seed);

// The first `most`, or fewer if there are no more: of many labels a search for one is not to cost
// more than of two, and what is tried on the same texts for several labels costs nothing again.
std::vector<InsertionSlot> of_other_labels(std::span<const InsertionSlot> slots, std::int64_t label,
                                           std::size_t most);

std::span<const InsertionSlot> first_of(std::span<const InsertionSlot> slots, std::size_t count);

// With the place in front of their texts, of `room` pieces at most.
std::vector<InsertionSlot> at_start(std::vector<InsertionSlot> slots, const Tokenizer& tokenizer,
                                    std::size_t room);

}  // namespace finemix
