#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/model/memory.h"

namespace finemix {

// Memory of one pass after the other: a pass takes the places of the pass before, so that nothing
// is allocated, and no page is touched for the first time, but what a larger batch needs more.
// What is taken is not initialised, and lasts until it is released. All is of one device.
class Workspace {
 public:
  at::Tensor take(at::IntArrayRef sizes, const at::TensorOptions& options) {
    const auto item = static_cast<std::int64_t>(options.dtype().itemsize());
    std::int64_t bytes = item;
    for (const std::int64_t size : sizes) bytes *= size;
    const auto fits = [&] { return at_.byte + bytes <= blocks_[at_.block].numel(); };
    while (at_.block < blocks_.size() && !fits()) at_ = {at_.block + 1, 0};
    if (at_.block == blocks_.size()) add_block(bytes, options);
    const at::Tensor& from = blocks_[at_.block];
    if (from.device().type() != options.device().type()) {
      throw Error(ErrorKind::kInternal, "a workspace is of one device");
    }
    // As view() and narrow() would make it, but for their way through the dispatcher.
    auto tensor = at::detail::make_tensor<c10::TensorImpl>(c10::Storage(from.storage()),
                                                           from.key_set(), options.dtype());
    tensor.unsafeGetTensorImpl()->set_storage_offset(at_.byte / item);
    tensor.unsafeGetTensorImpl()->set_sizes_contiguous(sizes);
    at_.byte += (bytes + kAlignment - 1) / kAlignment * kAlignment + kShift;
    return tensor;
  }

  // What is taken after `release(mark())` has the places of what was taken in between.
  struct Mark {
    std::size_t block = 0;
    std::int64_t byte = 0;
  };
  Mark mark() const { return at_; }
  void release(Mark mark) { at_ = mark; }
  // Before a pass: nothing that was taken is there any more.
  void release_all() { at_ = {}; }

 private:
  // On the CPU a block is addresses, and takes memory as far as it was ever used. The C library
  // keeps one of this size for the next, but gives those above 32 MiB back.
  static constexpr std::int64_t kLeast = std::int64_t{16} << 20;
  static constexpr std::int64_t kAlignment = 64;
  // A CPU that compares addresses by their last twelve bits takes a load from one matrix for a
  // store to another where they lie a multiple of 4096 apart, as one after the other they often
  // would.
  static constexpr std::int64_t kShift = 5 * kAlignment;

  // Larger than all before it together, so that there are few of them.
  void add_block(std::int64_t bytes, const at::TensorOptions& options) {
    std::int64_t size = std::max(kLeast, bytes);
    for (const at::Tensor& block : blocks_) size = std::max(size, 2 * block.numel());
    blocks_.push_back(empty_block({size}, options.dtype(at::kByte)));
  }

  std::vector<at::Tensor> blocks_;
  Mark at_;
};

}  // namespace finemix
