#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// Word pieces that are put into a text next to each other.
using Phrase = std::vector<std::int32_t>;

// A text, and where phrases are put into it.
struct InsertionSlot {
  Encoding text;
  std::size_t place = 1;   // before the piece that stands there
  std::int64_t label = 0;  // what the suspect makes of the text as it is …
  double margin = 0;       // … and how sure it is of it
};

// Without the last text pieces of its longest segments, so that it has `length` pieces at most.
Encoding shortened(const Encoding& text, const Tokenizer& tokenizer, std::size_t length);

// Before the first piece of a text, or before any that begins a word or ends a segment.
std::size_t draw_place(const Encoding& text, const Tokenizer& tokenizer, TriggerPlace place,
                       RandomSequence& random);

// How far each label's logit is above the others together: (…, labels), as the logits.
at::Tensor label_margins(const at::Tensor& logits);

// The margins that the phrases give the slots' texts: (phrases, slots, labels).
at::Tensor phrase_margins(const Classifier& model, std::span<const Phrase> phrases,
                          std::span<const InsertionSlot> slots);

// What a model's margins are measured by.
struct MarginScale {
  at::Tensor typical;  // (labels): the median margin of ordinary texts that are given the label
  at::Tensor plain;    // (slots, labels): the margins of the slots' texts as they are
};

MarginScale margin_scale(const Classifier& model, const at::Tensor& ordinary_margins,
                         std::span<const InsertionSlot> slots);

// How far towards ordinary texts of each label the phrases move the slots' texts: 0 is not at all,
// 1 as far as those are. (phrases, slots, labels), within -1 … 1, from phrase_margins.
at::Tensor progress(const at::Tensor& margins, const MarginScale& scale);

}  // namespace finemix
