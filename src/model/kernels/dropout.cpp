#include "model/kernels/dropout.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/bernoulli.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "finemix/core/profile.h"
#include "finemix/core/random.h"

namespace finemix {
namespace {

// Words of bits that a thread makes at a time, at least.
constexpr std::int64_t kGrain = 1024;

// A stream of its own for each place of each step.
std::uint64_t stream_of(const DropoutKey& key, std::uint64_t site) {
  return stream_id("dropout") ^ (key.step << 16 | site);
}

}  // namespace

std::uint64_t device_dropout_seed(const DropoutKey& key, std::uint64_t site) {
  return key.seed * 0x9E3779B97F4A7C15 ^ stream_of(key, site);
}

DropoutMask dropout_mask(std::int64_t rows, std::int64_t n, double p, const DropoutKey& key,
                         std::uint64_t site, at::Device device, Workspace& workspace) {
  const ProfilePart part("dropout masks");
  DropoutMask mask;
  if (p <= 0) return mask;
  mask.scale = static_cast<float>(1.0 / (1.0 - p));
  if (!device.is_cpu()) {
    // CUDA's own generator is counter-based too; seeding it for each mask keeps masks a function of
    // the key.
    at::Generator generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(device_dropout_seed(key, site));
    mask.factors = at::empty({rows, n}, at::TensorOptions(at::kFloat).device(device));
    mask.factors.bernoulli_(1.0 - p, generator).mul_(mask.scale);
    return mask;
  }
  mask.words = workspace.take({rows, simd::mask_words(n)}, at::TensorOptions(at::kInt));
  const auto threshold = static_cast<std::uint32_t>(std::lround(p * 65536.0));
  auto* const words = static_cast<std::uint32_t*>(mask.words.data_ptr());
  const Philox philox(key.seed, stream_of(key, site));
  at::parallel_for(0, mask.words.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    philox.bernoulli(static_cast<std::uint64_t>(begin), threshold,
                     {words + begin, static_cast<std::size_t>(end - begin)});
  });
  return mask;
}

at::Tensor dropout_factors(const DropoutMask& bits, std::int64_t rows, std::int64_t n) {
  at::Tensor factors = at::empty({rows, n}, at::kFloat);
  auto* const out = factors.data_ptr<float>();
  const simd::Mask mask = bits.bits();
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::uint32_t* const words = mask.words + row * simd::mask_words(n);
    for (std::int64_t i = 0; i < n; ++i) {
      out[row * n + i] = words[i / 32] >> (i % 32) & 1 ? mask.scale : 0.0f;
    }
  }
  return factors;
}

at::Tensor apply_dropout(const DropoutMask& mask, const at::Tensor& x) {
  if (mask.factors.defined()) return x * mask.factors;
  return mask.words.defined() ? x * dropout_factors(mask, x.size(0), x.size(1)) : x;
}

}  // namespace finemix
