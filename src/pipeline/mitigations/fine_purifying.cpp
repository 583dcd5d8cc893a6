#include "finemix/defense/fine_purify.h"
#include "pipeline/mitigation.h"
#include "pipeline/mitigations/methods.h"

namespace finemix {
namespace {

class FinePurifying : public Mitigation {
 public:
  // The curvature is that of all clean examples, those too that a search of ρ holds out.
  explicit FinePurifying(const MitigationInputs& inputs) : pair_(inputs.pair) {
    Classifier model(pair_.backdoored, inputs.device);
    curvature_ = fisher_diagonal(model, inputs.clean.set.texts, inputs.clean.labels);
  }

  StartWeights start(double rho) const override {
    MixResult purified =
        fine_purify(pair_.pretrained.weights, pair_.backdoored.weights, curvature_, rho);
    return {std::move(purified.weights), std::move(purified.record)};
  }

 private:
  const ModelPair& pair_;
  StateDict curvature_;
};

}  // namespace

MitigationMethod fine_purifying() {
  return {.name = kFinePurifying,
          .does = "keeps changes that are small for the loss's curvature",
          .rho = "0.4",
          .training = training_on_clean(),
          .preparation = "curvature",
          .make = [](const MitigationInputs& inputs, Progress&) -> std::unique_ptr<Mitigation> {
            return std::make_unique<FinePurifying>(inputs);
          }};
}

}  // namespace finemix
