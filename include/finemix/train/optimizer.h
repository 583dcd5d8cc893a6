#pragma once

#include <ATen/core/Tensor.h>

#include "finemix/model/classifier.h"

namespace finemix {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  // not on biases and LayerNorms
  double gradient_clip = 1.0;  // global L2 norm; 0: none
};

// AdamW (Loshchilov and Hutter, ICLR 2019) with global-norm clipping over a flat parameter buffer.
class AdamW {
 public:
  AdamW(ParameterBuffer& parameters, const AdamWOptions& options);

  // One update from the accumulated gradients, which are zeroed after it. Returns their norm before
  // clipping. Throws kNumeric, naming the tensor, before anything is changed when it is not finite.
  double step(double learning_rate);

 private:
  ParameterBuffer& parameters_;
  AdamWOptions options_;
  at::Tensor first_moment_;
  at::Tensor second_moment_;
  at::Tensor steps_;
};

}  // namespace finemix
