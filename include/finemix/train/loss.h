#pragma once

#include <ATen/core/Tensor.h>

namespace finemix {

// A batch's mean loss, and its gradient with respect to the logits.
struct Loss {
  at::Tensor mean;      // scalar
  at::Tensor d_logits;  // (texts, labels)
};

// Softmax cross-entropy of `logits` against target probabilities, both (texts, labels). An example
// whose targets were softened by temperature T is compared at T and weighs T², which keeps its
// gradient's size (Hinton et al., 2015). `temperatures` is (texts), or undefined for 1.
Loss cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                   const at::Tensor& temperatures);

}  // namespace finemix
