#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "finemix/model/classifier.h"
#include "finemix/model/simd.h"
#include "model/workspace.h"

namespace finemix {

// What dropout keeps of a matrix: bits on the CPU, factors elsewhere; neither when nothing is
// dropped. Probabilities are rounded to multiples of 2^-16.
struct DropoutMask {
  at::Tensor words;    // (rows, words a row), int32: a bit for each element
  at::Tensor factors;  // (rows, n), fp32: 0 or `scale`
  float scale = 1;     // of what is kept

  simd::Mask bits() const {
    return {words.defined() ? static_cast<const std::uint32_t*>(words.data_ptr()) : nullptr, scale};
  }
};

// The mask of one place of a forward pass, for `rows` rows of n elements: a pure function of (seed,
// step, site, element), whatever the number of threads. `site` tells the places apart.
DropoutMask dropout_mask(std::int64_t rows, std::int64_t n, double p, const DropoutKey& key,
                         std::uint64_t site, at::Device device, Workspace& workspace);

// The seed by which a device's own generator makes the same place's mask.
std::uint64_t device_dropout_seed(const DropoutKey& key, std::uint64_t site);

// The mask of `bits` as factors, (rows, n).
at::Tensor dropout_factors(const DropoutMask& bits, std::int64_t rows, std::int64_t n);

// x with its mask applied, out of place; x itself when nothing is dropped. fp32, any device.
at::Tensor apply_dropout(const DropoutMask& mask, const at::Tensor& x);

}  // namespace finemix
