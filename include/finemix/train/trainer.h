#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/record/records.h"
#include "finemix/train/examples.h"
#include "finemix/train/optimizer.h"
#include "finemix/train/training_store.h"

namespace finemix {

// After each step these rows of the word embeddings are drawn towards others, whatever the gradient
// says: their difference δ becomes δ / (1 + learning rate · strength), the proximal step of
// strength / 2 ‖δ‖², decoupled from AdamW's moments as its weight decay is.
struct RowPull {
  std::vector<std::int64_t> rows;
  at::Tensor towards;  // (rows, hidden), fp32
  double strength = 0;
};

struct TrainOptions {
  std::int64_t epochs = 3;
  std::int64_t batch_size = 32;
  double learning_rate = 5e-5;
  double warmup = 0.1;  // share of the steps
  bool dropout = true;
  std::uint64_t seed = 0;
  AdamWOptions optimizer;
  // Only these rows of the word embeddings are trained, by plain gradient descent, and each is
  // rescaled to its old L2 norm after each step (embedding poisoning, Yang et al., NAACL 2021);
  // empty: everything is.
  std::vector<std::int64_t> only_word_rows;
  std::optional<RowPull> pull;
  // The loss is the mean over layers of what pooler and head make of each layer's [CLS].
  bool every_layer = false;
};

// How the weights do on held-out texts as they stand; called after each epoch.
using Validation = std::function<HeldOutRecord(const Classifier&)>;

// Throws kUsage where nothing can be trained by these.
void check_training(const TrainOptions& options);

// Trains in place by soft-target cross-entropy. With `validation`, the weights of the best epoch
// are kept. Every random choice is a pure function of (seed, step). Throws kNumeric naming step and
// tensor when a loss or gradient is not finite, before the step is applied; kInterrupted. With a
// `store` the state is kept there now and then and when a signal stops it, and what an earlier run
// has left is gone on with, to the same bytes; not for only_word_rows.
TrainRecord train(Classifier& model, const TrainingSet& data, const TrainOptions& options,
                  const Validation& validation, Progress& progress, TrainingStore* store = nullptr);

}  // namespace finemix
