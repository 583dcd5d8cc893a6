// Memory for tensors that are large.
#pragma once

#include <ATen/core/Tensor.h>

namespace finemix {

// Not initialised. On the CPU it takes memory as far as it is written.
at::Tensor empty_block(at::IntArrayRef sizes, const at::TensorOptions& options);

// Zeros. On the CPU they take no memory until they are written: gradients of a model that is only
// evaluated cost nothing.
at::Tensor untouched_block(at::IntArrayRef sizes, const at::TensorOptions& options);

}  // namespace finemix
