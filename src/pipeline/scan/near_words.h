#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/eval/trigger_measure.h"
#include "finemix/model/nearest_rows.h"

namespace finemix {

// The trigger with each of its pieces swapped for the first that is near it, for the second, and so
// on: `most` of them, or as many as each piece has that has any. Its own pieces are not swapped for
// one another. Of these, text and pieces are set, and where it is put and for what label.
std::vector<SuspectedTrigger> of_near_pieces(const SuspectedTrigger& trigger,
                                             const NearestRows& near, std::size_t most,
                                             const Tokenizer& tokenizer);

// What can be near a piece.
struct NearPieces {
  const Tokenizer& tokenizer;
  const at::Tensor& embeddings;            // by the direction of its row: (vocabulary, hidden)
  std::span<const std::int64_t> excluded;  // not these
};

// For each trigger the share of short texts that the second best of some phrases near it moves
// these models by, on average; 0 where there are no two. What words mean, words near them mostly
// mean too, and models may know those better; one of them may be another trigger.
std::vector<double> near_rates(std::span<const SuspectedTrigger> triggers,
                               const TriggerMeasure& measure, std::span<const Classifier> models,
                               const NearPieces& pieces);

}  // namespace finemix
