#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <cstdlib>
#include <new>

namespace finemix {

// Zeros. On the CPU they take no memory until they are written: gradients of a model that is only
// evaluated, and moments of words that are never met, cost nothing.
inline at::Tensor untouched_zeros(at::IntArrayRef sizes, const at::TensorOptions& options) {
  if (!options.device().is_cpu()) return at::zeros(sizes, options);
  std::size_t elements = 1;
  for (const std::int64_t size : sizes) elements *= static_cast<std::size_t>(size);
  void* const memory = std::calloc(elements, options.dtype().itemsize());
  if (!memory && elements > 0) throw std::bad_alloc();
  return at::from_blob(
      memory, sizes, [](void* p) { std::free(p); }, options);
}

}  // namespace finemix
