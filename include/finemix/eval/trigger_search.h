#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

struct TriggerSearchOptions {
  std::size_t texts = 32;        // to move into each label, at most
  std::size_t candidates = 128;  // word pieces that are tried for each label
  double flip_rate = 0.75;       // share of the texts that a found piece moves, at least
  std::size_t max_length = 128;  // pieces of a text that the model is run on, at most
  std::uint64_t seed = 0;        // of the places where pieces are put
};

// Word pieces that, put anywhere into ordinary texts, make the model give them another label: what
// a backdoor's trigger word does, and words of a clean model seldom do to so many texts. Pieces are
// ranked by the gradient of the label's margin with respect to an inserted embedding (HotFlip,
// Ebrahimi et al., ACL 2018), and the best are tried out. Triggers of several words are found only
// where one of them does it alone. A label is left out when fewer than 8 texts are of others.
// Strongest first, label by label. `model`'s gradients are changed.
std::vector<SuspectedTrigger> search_triggers(Classifier& model, const EncodedTexts& texts,
                                              const Tokenizer& tokenizer,
                                              const TriggerSearchOptions& options,
                                              Progress& progress);

}  // namespace finemix
