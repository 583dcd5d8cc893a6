#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/text/encoded_texts.h"

namespace finemix {

// Logits of every text, in order: (texts, labels), fp32, CPU. Texts are run longest first in
// batches of about `batch_tokens` tokens (0: as many as suit the device), on the CPU a batch a
// thread; the result does not depend on that beyond rounding.
at::Tensor predict(const Classifier& model, const EncodedTexts& texts, Progress& progress,
                   std::size_t batch_tokens = 0);

// The label of the largest logit of each row.
std::vector<std::int64_t> predicted_labels(const at::Tensor& logits);

}  // namespace finemix
