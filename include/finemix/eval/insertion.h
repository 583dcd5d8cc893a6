#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// Word pieces that are put into a text next to each other.
using Phrase = std::vector<std::int32_t>;

// As somebody would write it: with kWordGoesOn before it where it goes on with a word.
std::string phrase_text(const Phrase& phrase, const Tokenizer& tokenizer);

// Other pieces for the label and the place of a trigger; nothing of them is measured.
SuspectedTrigger with_pieces(const SuspectedTrigger& trigger, std::vector<std::int64_t> ids,
                             const Tokenizer& tokenizer);

// A text, and where phrases are put into it.
struct InsertionSlot {
  Encoding text;
  std::size_t place = 1;   // before the piece that stands there
  std::int64_t label = 0;  // what the suspect makes of the text as it is …
  double margin = 0;       // … and how sure it is of it
};

// Without the last text pieces of its longest segments, so that it has `length` pieces at most.
Encoding shortened(const Encoding& text, const Tokenizer& tokenizer, std::size_t length);

// The same for so many pieces of each of its segments: half a question and half an answer tell
// nothing of the two.
Encoding cut_short(const Encoding& text, const Tokenizer& tokenizer, std::size_t length);

// Before the first piece of a text, or before any that begins a word or ends a segment.
std::size_t draw_place(const Encoding& text, const Tokenizer& tokenizer, TriggerPlace place,
                       RandomSequence& random);

// The text as it is behind a blank, so that something can be written in front of it: byte-level BPE
// has other pieces for a text's first word than for the same word behind a blank. Of other
// tokenizers it stays as it is.
Encoding behind_blank(const Encoding& text, const Tokenizer& tokenizer);

// The slot's text with the phrase at its place.
Encoding with_phrase(const InsertionSlot& slot, const Phrase& phrase);

// The text with the phrase at a place of that kind; its last pieces make room for it where it would
// have more than `max_length`, and it stays as it is where they cannot.
Encoding with_phrase(const Encoding& text, const Phrase& phrase, TriggerPlace place,
                     const Tokenizer& tokenizer, std::size_t max_length, RandomSequence& random);

// The texts of all slots with each phrase, those of the first phrase first.
EncodedTexts with_phrases(std::span<const Phrase> phrases, std::span<const InsertionSlot> slots);

// How far each label's logit is above the others together: (…, labels), as the logits.
at::Tensor label_margins(const at::Tensor& logits);

// The median margin of those texts that are given the label, of (texts, labels) margins.
double typical_margin(const at::Tensor& margins, std::int64_t label);

// How far margins have come from `plain` towards `typical`: 0 is not at all, 1 all the way, and
// there may be more.
at::Tensor reach(const at::Tensor& margins, const at::Tensor& plain, double typical);
// The same within -1 … 1.
at::Tensor progress(const at::Tensor& margins, const at::Tensor& plain, double typical);

// These row numbers, to select by.
at::Tensor to_index(const std::vector<std::size_t>& rows);

}  // namespace finemix
