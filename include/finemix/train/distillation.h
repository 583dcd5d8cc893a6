#pragma once

#include <ATen/core/Tensor.h>

#include "finemix/train/examples.h"

namespace finemix {

struct DistillationOptions {
  std::size_t texts = 6000;  // that the teacher labels
  double temperature = 2;    // of the teacher's probabilities and the student's
  double clean_share =
      0.1;  // about this share of the examples are labelled ones, repeated; 0: none
};

// Examples to distil a teacher with (Hinton et al., 2015): `texts` with the teacher's probabilities
// softmax(logits / temperature), and the labelled `clean` examples repeated to about their share,
// at least once where that is not 0. `teacher_logits` is (texts, labels).
TrainingSet distillation_set(const TrainingSet& clean, EncodedTexts texts,
                             const at::Tensor& teacher_logits, const DistillationOptions& options);

}  // namespace finemix
