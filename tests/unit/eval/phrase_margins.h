#pragma once

#include <span>

#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"

namespace finemix::testing {

// By the definition, each text run anew: the margins that the phrases give the slots' texts,
// (phrases, slots, labels).
inline at::Tensor phrase_margins(const Predictor& model, std::span<const Phrase> phrases,
                                 std::span<const InsertionSlot> slots) {
  return label_margins(model(with_phrases(phrases, slots)))
      .view({static_cast<std::int64_t>(phrases.size()), static_cast<std::int64_t>(slots.size()),
             model.model().config().num_labels});
}

}  // namespace finemix::testing
