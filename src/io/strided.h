#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "finemix/io/bytes.h"
#include "finemix/io/tensor_info.h"

namespace finemix {

// Reads tensors that have strides, row-major. A part of one lies all over its stretch of the file:
// so the stretch is read once, in order, and the whole tensor kept until another is asked for. For
// any number of threads.
class GatheredTensor {
 public:
  // Copies bytes of `info` from byte `offset` on. The elements lie within the file, and no two
  // indices mean the same one. Throws kFile when the file has shrunk, kInternal when the part is
  // not whole elements.
  void read(const InputFile& file, const TensorInfo& info, std::uint64_t offset,
            std::span<std::byte> out);

 private:
  struct Whole;

  std::mutex mutex_;
  std::shared_ptr<const Whole> whole_;
};

}  // namespace finemix
