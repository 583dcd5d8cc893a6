#include "finemix/model/memory.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <cstdlib>
#include <new>

#include "finemix/core/large_pages.h"

namespace finemix {

at::Tensor empty_block(at::IntArrayRef sizes, const at::TensorOptions& options) {
  at::Tensor block = at::empty(sizes, options);
  if (block.is_cpu()) prefer_large_pages(block.data_ptr(), block.nbytes());
  return block;
}

at::Tensor untouched_block(at::IntArrayRef sizes, const at::TensorOptions& options) {
  if (!options.device().is_cpu()) return at::zeros(sizes, options);
  std::size_t elements = 1;
  for (const std::int64_t size : sizes) elements *= static_cast<std::size_t>(size);
  void* const memory = std::calloc(elements, options.dtype().itemsize());
  if (!memory && elements > 0) throw std::bad_alloc();
  prefer_large_pages(memory, elements * options.dtype().itemsize());
  return at::from_blob(
      memory, sizes, [](void* p) { std::free(p); }, options);
}

}  // namespace finemix
