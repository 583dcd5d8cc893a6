#pragma once

#include <ATen/core/Tensor.h>

#include "finemix/model/simd.h"

// How the CPU's kernels are given tensors.

namespace finemix {

// Calls body with a value of the type that the tensor's elements have in the kernels.
template <typename Body>
void with_operand_type(const at::Tensor& tensor, const Body& body) {
  if (tensor.scalar_type() == at::kBFloat16) {
    body(simd::Bf16{});
  } else {
    body(float{});
  }
}

// A tensor's elements; null when it is undefined.
template <typename T>
T* data(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.data_ptr()) : nullptr;
}

}  // namespace finemix
