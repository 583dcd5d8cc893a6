#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace finemix {

// What makes dropout masks: each is a pure function of (seed, step, site, element), whatever the
// number of threads.
struct DropoutKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};

// Site of the classifier's dropout; the encoder's are counted from the other one on.
inline constexpr std::uint64_t kClassifierSite = 0;
inline constexpr std::uint64_t kFirstEncoderSite = 1;

// x with each element zeroed with probability `p` and the others scaled by 1/(1-p). `site` tells
// the places of one forward pass apart. p is rounded to a multiple of 2^-16.
at::Tensor dropout(const at::Tensor& x, double p, const DropoutKey& key, std::uint64_t site);

}  // namespace finemix
