#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "finemix/io/bytes.h"
#include "finemix/io/tensor_info.h"

namespace finemix {

// Copies bytes of a tensor that has strides, row-major, from byte `offset` of it on. The elements
// lie within the file. Takes some 3 MB, whatever the tensor's size. Throws kFile when the file has
// shrunk, kInternal when the part is not whole elements.
void read_strided(const InputFile& file, const TensorInfo& info, std::uint64_t offset,
                  std::span<std::byte> out);

}  // namespace finemix
