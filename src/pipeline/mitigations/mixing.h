#pragma once

#include "pipeline/mitigation.h"

namespace finemix {

// Mixes the suspect's weights with the pre-trained ones.
class Mixing : public Mitigation {
 public:
  Mixing(const MitigationInputs& inputs, Select select)
      : pair_(inputs.pair), select_(select), seed_(inputs.options.run.seed) {}

  StartWeights start(double rho) const override {
    MixResult mixed =
        mix(pair_.pretrained.weights, pair_.backdoored.weights, {rho, select_, seed_});
    return {std::move(mixed.weights), std::move(mixed.record)};
  }

 private:
  const ModelPair& pair_;
  Select select_;
  std::uint64_t seed_;
};

template <Select select>
std::unique_ptr<Mitigation> make_mixing(const MitigationInputs& inputs, Progress&) {
  return std::make_unique<Mixing>(inputs, select);
}

}  // namespace finemix
