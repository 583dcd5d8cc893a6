#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "finemix/record/records.h"
#include "finemix/train/optimizer.h"

namespace finemix {

// Where a training has come to: all that its further steps depend on, but for what they are given.
struct TrainingState {
  std::int64_t epoch = 0;  // that is being done
  std::int64_t batch = 0;  // batches of it that have been done
  std::int64_t step = 0;   // steps done in all
  double loss_sum = 0;     // over the examples of this epoch so far
  std::vector<double> epoch_losses;
  at::Tensor weights;  // (parameters), fp32, as ParameterBuffer has them
  OptimizerState optimizer;
  // Of the best epoch so far, where there is a validation.
  std::optional<HeldOutRecord> validation;
  std::uint64_t best_step = 0;
  at::Tensor best_weights;
};

}  // namespace finemix
