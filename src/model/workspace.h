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
// is allocated, and no page is touched for the first time, once the largest batch has been seen.
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
    if (at_.block + 1 == blocks_.size()) last_used_ = std::max(last_used_, at_.byte);
    return tensor;
  }

  // What is taken after `release(mark())` has the places of what was taken in between.
  struct Mark {
    std::size_t block = 0;
    std::int64_t byte = 0;
  };
  Mark mark() const { return at_; }
  void release(Mark mark) { at_ = mark; }
  // Before a pass: nothing that was taken is there any more. Several blocks become one, as large as
  // the pass before needed them and an eighth; for that its tensors must be gone, or else their
  // memory stays until they are.
  void release_all() {
    at_ = {};
    if (blocks_.size() < 2) return;
    const at::TensorOptions options = blocks_.front().options();
    const std::int64_t used = capacity() - blocks_.back().numel() + last_used_;
    blocks_.clear();  // before the larger one is there
    blocks_.push_back(empty_block({used + used / 8}, options));
  }

 private:
  static constexpr std::int64_t kLeast = std::int64_t{4} << 20;
  static constexpr std::int64_t kAlignment = 64;
  // A CPU that compares addresses by their last twelve bits takes a load from one matrix for a
  // store to another where they lie a multiple of 4096 apart, as one after the other they often
  // would.
  static constexpr std::int64_t kShift = 5 * kAlignment;

  std::int64_t capacity() const {
    std::int64_t bytes = 0;
    for (const at::Tensor& block : blocks_) bytes += block.numel();
    return bytes;
  }

  void add_block(std::int64_t bytes, const at::TensorOptions& options) {
    const std::int64_t size = std::max({kLeast, bytes, capacity() / 2});
    blocks_.push_back(empty_block({size}, options.dtype(at::kByte)));
    last_used_ = 0;
  }

  std::vector<at::Tensor> blocks_;
  Mark at_;
  std::int64_t last_used_ = 0;  // bytes, most, of the last block
};

}  // namespace finemix
