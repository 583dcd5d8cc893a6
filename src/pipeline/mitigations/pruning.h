#pragma once

#include <memory>

#include "finemix/defense/prune.h"
#include "pipeline/mitigation.h"

namespace finemix {

// Prunes the suspect's units that the clean texts use least; ρ is the share that stays.
class Pruning : public Mitigation {
 public:
  Pruning(const MitigationInputs& inputs, Prune prune)
      : suspect_(inputs.pair.backdoored), prune_(prune) {
    Classifier model(suspect_, inputs.device);
    activity_ = unit_activity(model, inputs.clean.set.texts);
  }

  StartWeights start(double rho) const override {
    MixResult pruned = prune_units(suspect_.weights, activity_, rho, prune_);
    return {std::move(pruned.weights), std::move(pruned.record)};
  }

 private:
  const Model& suspect_;
  Prune prune_;
  std::vector<at::Tensor> activity_;
};

template <Prune prune>
std::unique_ptr<Mitigation> make_pruning(const MitigationInputs& inputs, Progress&) {
  return std::make_unique<Pruning>(inputs, prune);
}

}  // namespace finemix
