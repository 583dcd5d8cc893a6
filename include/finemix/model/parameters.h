#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "finemix/model/state_dict.h"

namespace finemix {

// Trainable weights in one flat buffer, gradients in another, so that an optimizer step is one
// pass. Matrices and embeddings come first, then biases and LayerNorms, which do not decay.
class ParameterBuffer {
 public:
  // Copies `weights`.
  ParameterBuffer(const StateDict& weights, at::Device device);

  // The weight as autograd sees it. Throws kInternal when there is none of that name.
  const at::Tensor& operator[](std::string_view name) const;

  at::Tensor& weights() { return weights_; }              // (parameters), fp32
  const at::Tensor& weights() const { return weights_; }  //
  at::Tensor& gradients() { return gradients_; }          // (parameters), fp32
  std::int64_t decaying() const { return decaying_; }     // length of the part that decays

  // The first tensor whose gradient holds a NaN or Inf, or "".
  std::string non_finite_gradient() const;
  StateDict state_dict() const;  // copies, on the CPU

 private:
  std::map<std::string, at::Tensor, std::less<>> entries_;
  at::Tensor weights_;
  at::Tensor gradients_;
  std::int64_t decaying_ = 0;
};

}  // namespace finemix
