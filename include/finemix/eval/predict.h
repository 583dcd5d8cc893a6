#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/text/encoded_texts.h"

namespace finemix {

// Logits of every text, in order: (texts, labels), fp32, CPU. Texts are run longest first in
// batches of about `batch_tokens` tokens (0: as many as suit the device), on the CPU a batch a
// thread; the result does not depend on that beyond rounding. Throws kNumeric where a logit is no
// number, and what a stop does (core/stop.h).
at::Tensor predict(const Classifier& model, const EncodedTexts& texts, Progress& progress,
                   std::size_t batch_tokens = 0);

// The same again and again on weights that do not change meanwhile, and it throws the same: on the
// CPU the weights are laid out for products once, and not for each batch.
class Predictor {
 public:
  // `model` must outlive this.
  explicit Predictor(const Classifier& model);
  ~Predictor();
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  const Classifier& model() const { return model_; }
  at::Tensor operator()(const EncodedTexts& texts) const;

 private:
  const Classifier& model_;
  std::unique_ptr<InferenceLanes> lanes_;  // nullptr on a GPU
  std::size_t count_ = 1;                  // of lanes
};

// The label of the largest logit of each row.
std::vector<std::int64_t> predicted_labels(const at::Tensor& logits);

}  // namespace finemix
