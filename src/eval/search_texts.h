#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/eval/insertion.h"
#include "finemix/eval/phrase_search.h"

namespace finemix {

inline constexpr std::size_t kTender = 3;  // texts of each label that words are tried on

// Ordinary texts, shortened, to put phrases into.
struct SearchTexts {
  at::Tensor suspect_margins;            // (texts, labels)
  std::vector<at::Tensor> twin_margins;  // the same, of each twin
  std::vector<InsertionSlot> slots;      // some of each label, for phrases
  std::vector<InsertionSlot> tender;     // kTender of each label that the suspect is less sure of
  std::size_t room = 0;                  // pieces that a text may have, phrases not counted
};

// With room for phrases of `longest_phrase` pieces within the model's positions. The same for the
// same seed.
SearchTexts search_texts(const PhraseSearchInputs& inputs, std::size_t longest_phrase,
                         std::uint64_t seed);

std::vector<InsertionSlot> of_other_labels(std::span<const InsertionSlot> slots,
                                           std::int64_t label);

// Of the slots of each label those from `first` on, `count` at most; the last of a label that has
// no more.
std::vector<InsertionSlot> some_of_each(std::span<const InsertionSlot> slots, std::size_t first,
                                        std::size_t count);

// With the place in front of their texts, of `room` pieces at most.
std::vector<InsertionSlot> at_start(std::vector<InsertionSlot> slots, const Tokenizer& tokenizer,
                                    std::size_t room);

}  // namespace finemix
