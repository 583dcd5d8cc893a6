#pragma once

#include "pipeline/mitigation.h"

namespace finemix {

// Keeps all of the suspect.
class WholeSuspect : public Mitigation {
 public:
  static std::unique_ptr<Mitigation> make(const MitigationInputs& inputs, Progress&) {
    return std::make_unique<WholeSuspect>(inputs);
  }

  explicit WholeSuspect(const MitigationInputs& inputs) : suspect_(inputs.pair.backdoored) {}

  StartWeights start(double) const override { return {suspect_.weights, {}}; }

 private:
  const Model& suspect_;
};

}  // namespace finemix
