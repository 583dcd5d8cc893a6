#pragma once

#include <cstdint>
#include <span>

#include "finemix/defense/mix.h"
#include "finemix/model/classifier.h"

namespace finemix {

// The diagonal of the empirical Fisher information, which stands for the curvature of the loss: the
// mean over these texts of each text's squared gradient of −log p(label). By name, on the CPU,
// fp32; 0 for words that no text has. `model` must be in fp32; its gradients are changed.
StateDict fisher_diagonal(Classifier& model, const FlatTexts& texts,
                          std::span<const std::int64_t> labels);

// Fine-purifying (Zhang et al., Findings of ACL 2023): fine-tuning moves a weight far only where
// the loss on clean data asks for it, so a drift that is large against the curvature there is
// suspicious. Of all d weights of the backbone, the round(ρ·d) with the smallest δ²/curvature are
// kept, where δ = w_B − w_Pre, and the others are reset. Throws what mix() throws.
MixResult fine_purify(const StateDict& pretrained, const StateDict& backdoored,
                      const StateDict& curvature, double rho);

}  // namespace finemix
