#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "finemix/defense/mix.h"
#include "finemix/model/classifier.h"

namespace finemix {

// How much the units of each layer's feed-forward part are used: the mean of a unit's absolute
// activation over the tokens of these texts, in the last layer over their [CLS], which are all that
// is used there. One tensor (units), fp64, for each layer that has weights of its own.
std::vector<at::Tensor> unit_activity(Classifier& model, const FlatTexts& texts);

// What is set to zero of a pruned unit.
enum class Prune {
  kOutput,  // what it adds to the layer's output, which training can bring back
  // All its weights. Such a unit is a fixed point of training: its activation is 0 whatever the
  // input, since no activation function here moves 0, and with it the gradient of its output
  // weights; these being 0, so is the gradient of what comes before. Nor does decay move a 0.
  kWhole,
};

// Keeps, in each layer, the round(ρ·units) most active units (Fine-Pruning, Liu et al., RAID 2018),
// and prunes the others. Tensors that nothing is pruned of are those of `weights`, not copies.
// Throws kUsage when ρ is not in [0, 1].
MixResult prune_units(const StateDict& weights, const std::vector<at::Tensor>& activity, double rho,
                      Prune prune);

}  // namespace finemix
