#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

#include "finemix/model/memory.h"

namespace finemix {

// Memory of one pass after the other: the n-th tensor that a pass takes has the place of the n-th
// of the pass before, so that nothing is allocated, and no page is touched for the first time, once
// the largest batch has been seen. What is taken is not initialised.
class Workspace {
 public:
  at::Tensor take(at::IntArrayRef sizes, const at::TensorOptions& options) {
    auto bytes = static_cast<std::int64_t>(options.dtype().itemsize());
    for (const std::int64_t size : sizes) bytes *= size;
    if (next_ == slots_.size()) slots_.emplace_back();
    at::Tensor& slot = slots_[next_++];
    if (!slot.defined() || slot.numel() < bytes) {
      slot.reset();  // before the larger one is there
      // With room for a batch that is somewhat larger, so that this is seldom needed.
      slot = empty_block({bytes + bytes / 4}, options.dtype(at::kByte));
    }
    return slot.narrow(0, 0, bytes).view(at::typeMetaToScalarType(options.dtype())).view(sizes);
  }

  // What is taken after `release(mark())` has the places of what was taken in between.
  std::size_t mark() const { return next_; }
  void release(std::size_t mark) { next_ = mark; }

 private:
  std::vector<at::Tensor> slots_;
  std::size_t next_ = 0;
};

}  // namespace finemix
