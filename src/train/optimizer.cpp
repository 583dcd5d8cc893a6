#include "finemix/train/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <string>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {

AdamW::AdamW(ParameterBuffer& parameters, const AdamWOptions& options)
    : parameters_(parameters),
      options_(options),
      first_moment_(at::zeros_like(parameters.weights())),
      second_moment_(at::zeros_like(parameters.weights())),
      steps_(at::zeros({}, parameters.weights().options())) {}

double AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  at::Tensor& gradients = parameters_.gradients();
  const double norm = at::linalg_vector_norm(gradients).item<double>();
  if (!std::isfinite(norm)) {
    throw Error(ErrorKind::kNumeric, "the gradient of '" + parameters_.non_finite_gradient() +
                                         "' is not finite; lower --learning-rate");
  }
  // As torch's clip_grad_norm_ has it, its 1e-6 included.
  if (options_.gradient_clip > 0 && norm > options_.gradient_clip) {
    gradients.mul_(options_.gradient_clip / (norm + 1e-6));
  }
  steps_.add_(1);
  const auto update = [&](std::int64_t start, std::int64_t length, double weight_decay) {
    if (length == 0) return;
    const auto part = [&](const at::Tensor& flat) { return flat.narrow(0, start, length); };
    at::_fused_adamw_({part(parameters_.weights())}, {part(gradients)}, {part(first_moment_)},
                      {part(second_moment_)}, {}, {steps_}, learning_rate, options_.beta1,
                      options_.beta2, weight_decay, options_.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false, /*grad_scale=*/{}, /*found_inf=*/{});
  };
  const std::int64_t decaying = parameters_.decaying();
  update(0, decaying, options_.weight_decay);
  update(decaying, gradients.numel() - decaying, 0.0);
  gradients.zero_();
  return norm;
}

}  // namespace finemix
