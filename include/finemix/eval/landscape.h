#pragma once

#include <cstdint>
#include <string>

#include "finemix/core/progress.h"
#include "finemix/eval/metrics.h"
#include "finemix/model/device.h"
#include "finemix/record/figures.h"

namespace finemix {

struct LandscapeOptions {
  std::int64_t points = 13;  // along each axis
  double margin = 0.25;      // around the three models, as a share of what they span
};

// Accuracy and attack success of the models on the plane through three of the same shape (the
// paper's figure 3), evaluated on `set`. A pre-trained model has no head: it gets the suspect's.
// Names of task, attack and method are left to the caller. Throws kMismatch when the purified model
// lies on the line through the two others, so that there is no plane; kUsage on fewer than 2
// points.
LandscapeRecord landscape(const Model& pretrained, const Model& backdoored, const Model& purified,
                          const EvaluationSet& set, const LandscapeOptions& options,
                          at::Device device, Precision precision, Progress& progress);

}  // namespace finemix
