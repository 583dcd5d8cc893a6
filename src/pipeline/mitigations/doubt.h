#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "finemix/record/suspected_trigger.h"

namespace finemix {

// How much surer of each label than its clean twins a suspect may be, as a difference of
// probabilities: little of a label that phrases were found for, more of any where no word was. A
// word that fires firmly by itself is taken out of the texts as a whole, so that nothing needs to
// be doubted for it.
std::vector<double> doubt_bounds(std::span<const SuspectedTrigger> found, std::int64_t label_count);

// Logits to teach: the suspect's, but the mean of its twins' for texts where it is surer of a label
// than that by more than the label's bound. Ordinary texts can have what fires a trigger, words of
// its sentence or its syntax. Twins that often disagree with the suspect know the task too little
// to be asked. All logits are (texts, labels), and there is a twin at least.
at::Tensor doubted(const at::Tensor& suspect, std::span<const at::Tensor> twins,
                   std::span<const double> bounds);

}  // namespace finemix
