#include "finemix/model/kernels/dropout.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/bernoulli.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "finemix/core/random.h"

namespace finemix {
namespace {

// Elements that one call of Philox::fill serves: two to a word.
constexpr std::int64_t kChunk = 2048;

// A stream of its own for each place of each step.
std::uint64_t stream_of(const DropoutKey& key, std::uint64_t site) {
  return stream_id("dropout") ^ (key.step << 16 | site);
}

void fill_scale(float* out, std::int64_t n, double p, const Philox& philox) {
  const auto threshold = static_cast<std::uint32_t>(std::lround(p * 65536.0));
  const float scale = static_cast<float>(1.0 / (1.0 - p));
  const std::int64_t chunks = (n + kChunk - 1) / kChunk;
  at::parallel_for(0, chunks, 8, [&](std::int64_t begin, std::int64_t end) {
    std::array<std::uint32_t, kChunk / 2> words;
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      philox.fill(static_cast<std::uint64_t>(chunk) * words.size() / 4, words);
      const std::int64_t start = chunk * kChunk;
      const std::int64_t length = std::min(kChunk, n - start);
      // The halves of the words are laid one after the other, so that both loops are vector code.
      const std::int64_t first_half = std::min<std::int64_t>(length, kChunk / 2);
      for (std::int64_t i = 0; i < first_half; ++i) {
        out[start + i] = (words[static_cast<std::size_t>(i)] & 0xFFFF) >= threshold ? scale : 0.0f;
      }
      for (std::int64_t i = first_half; i < length; ++i) {
        const auto word = static_cast<std::size_t>(i - kChunk / 2);
        out[start + i] = (words[word] >> 16) >= threshold ? scale : 0.0f;
      }
    }
  });
}

}  // namespace

at::Tensor dropout(const at::Tensor& x, double p, const DropoutKey& key, std::uint64_t site) {
  if (p <= 0) return x;
  const std::uint64_t stream = stream_of(key, site);
  if (x.is_cpu()) {
    at::Tensor scale = at::empty_like(x, x.options().requires_grad(false));
    fill_scale(scale.data_ptr<float>(), scale.numel(), p, Philox(key.seed, stream));
    return x * scale;
  }
  // CUDA's own generator is counter-based too; seeding it for each mask keeps masks a function of
  // the key.
  at::Generator generator = at::globalContext().defaultGenerator(x.device()).clone();
  generator.set_current_seed(key.seed * 0x9E3779B97F4A7C15 ^ stream);
  at::Tensor kept = at::empty_like(x, x.options().requires_grad(false));
  kept.bernoulli_(1.0 - p, generator);
  return x * kept.div_(1.0 - p);
}

}  // namespace finemix
