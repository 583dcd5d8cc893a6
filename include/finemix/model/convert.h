#pragma once

#include <cstddef>
#include <span>

#include "finemix/io/safetensors.h"

namespace finemix {

// Whether weights may be stored so: F32, F16, BF16 or F64.
bool is_floating(DType dtype);

// Values of one dtype as another, both floating, rounding to nearest even. `in` and `out` hold the
// same number of elements and are aligned to their width.
void convert(DType from, std::span<const std::byte> in, DType to, std::span<std::byte> out);

}  // namespace finemix
