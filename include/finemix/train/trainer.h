#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/record/records.h"
#include "finemix/train/examples.h"
#include "finemix/train/optimizer.h"

namespace finemix {

struct TrainOptions {
  std::int64_t epochs = 3;
  std::int64_t batch_size = 32;
  double learning_rate = 5e-5;
  double warmup = 0.1;  // share of the steps
  bool dropout = true;
  std::uint64_t seed = 0;
  AdamWOptions optimizer;
  // Only this row of the word embeddings is trained, and is rescaled to its old L2 norm after each
  // step (embedding poisoning, Yang et al., NAACL 2021); -1: everything is.
  std::int64_t only_word_row = -1;
};

// How the weights do on held-out texts as they stand; called after each epoch.
using Validation = std::function<HeldOutRecord(const Classifier&)>;

// Trains in place by soft-target cross-entropy. With `validation`, the weights of the best epoch
// are kept. Every random choice is a pure function of (seed, step). Throws kNumeric naming step and
// tensor when a loss or gradient is not finite, before the step is applied; kInterrupted.
TrainRecord train(Classifier& model, const TrainingSet& data, const TrainOptions& options,
                  const Validation& validation, Progress& progress);

}  // namespace finemix
