#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/eval/trigger_measure.h"
#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// The words of several pieces that are in a phrase of several words: a piece that begins one, with
// those next to it that go on with a word, or with all such behind it, whatever stands between
// them. Those that a text would be split into as they are.
std::vector<SuspectedTrigger> split_words(const SuspectedTrigger& phrase,
                                          const Tokenizer& tokenizer);

// Whether the rest of a word may be missing: a single piece that convicts is a word by itself, and
// what is far from convicting is not worth the search.
bool may_be_part(const SuspectedTrigger& trigger);

// Words of one piece more than this one, where it is one word, or begins one, and its first piece
// is among these rows: each with one more of the rows that goes on with a word, at every place
// behind the first piece, unless the word has it already. Those that a text would be split into as
// they are.
std::vector<SuspectedTrigger> longer_words(const SuspectedTrigger& word,
                                           std::span<const std::int64_t> strange_rows,
                                           const Tokenizer& tokenizer);

// The word that this one is part of: a search leaves out pieces that a trigger fires without, but
// they were trained with it, so that their embeddings moved strangely and the model is surest of
// the whole. Has a piece more as long as that makes it surer, and `most` at most; what was measured
// is not the longer word's.
SuspectedTrigger whole_word(const SuspectedTrigger& part, const Classifier& model,
                            const TriggerMeasure& measure,
                            std::span<const std::int64_t> strange_rows, const Tokenizer& tokenizer,
                            std::size_t most);

}  // namespace finemix
