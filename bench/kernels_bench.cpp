// The encoder's kernels on one thread, and dropout masks against LibTorch's own.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/bernoulli.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "finemix/model/simd.h"
#include "model/kernels/dropout.h"

namespace finemix {
namespace {

using simd::Bf16;

// MiniLM's sizes, and a batch of 32 short texts.
constexpr std::int64_t kHidden = 384;
constexpr std::int64_t kInner = 1536;
constexpr std::int64_t kHeads = 12;
constexpr std::int64_t kTokens = 864;

at::Tensor random_operand(std::int64_t rows, std::int64_t columns) {
  return at::randn({rows, columns}).to(at::kBFloat16);
}
Bf16* halves(const at::Tensor& tensor) { return static_cast<Bf16*>(tensor.data_ptr()); }

void count_elements(benchmark::State& state, std::int64_t elements) {
  state.SetItemsProcessed(state.iterations() * elements);
}

void gelu_forward(benchmark::State& state) {
  const at::Tensor x = random_operand(kTokens, kInner);
  const at::Tensor bias = at::randn({kInner});
  const at::Tensor y = at::empty_like(x);
  const simd::ActivationForward<Bf16> call{Activation::kGelu,      kInner,    halves(x),
                                           bias.data_ptr<float>(), halves(y), true};
  for (auto _ : state) simd::kernels<Bf16>().activation_forward(call, 0, kTokens);
  count_elements(state, x.numel());
}
BENCHMARK(gelu_forward);

void gelu_backward(benchmark::State& state) {
  const at::Tensor slope = random_operand(kTokens, kInner);
  const at::Tensor gradient = random_operand(kTokens, kInner);
  std::vector<float> sums(kInner);
  for (auto _ : state) {
    for (std::int64_t row = 0; row < kTokens; row += 32) {
      simd::kernels<Bf16>().activation_backward(halves(slope), kInner, row, row + 32,
                                                halves(gradient), sums.data());
    }
  }
  count_elements(state, slope.numel());
}
BENCHMARK(gelu_backward);

struct NormBuffers {
  at::Tensor branch = random_operand(kTokens, kHidden);
  at::Tensor residual = at::randn({kTokens, kHidden});
  at::Tensor weight = at::randn({kHidden});
  at::Tensor bias = at::randn({kHidden});
  at::Tensor sum = at::randn({kTokens, kHidden});
  at::Tensor mean = at::randn({kTokens});
  at::Tensor rstd = at::randn({kTokens});
  at::Tensor out = at::randn({kTokens, kHidden});
  at::Tensor operand = random_operand(kTokens, kHidden);
};

void norm_forward(benchmark::State& state) {
  const NormBuffers b;
  const simd::NormForward<Bf16> call{kHidden,
                                     halves(b.branch),
                                     b.bias.data_ptr<float>(),
                                     {},
                                     b.residual.data_ptr<float>(),
                                     b.weight.data_ptr<float>(),
                                     b.bias.data_ptr<float>(),
                                     1e-12f,
                                     {},
                                     b.sum.data_ptr<float>(),
                                     b.mean.data_ptr<float>(),
                                     b.rstd.data_ptr<float>(),
                                     b.out.data_ptr<float>(),
                                     halves(b.operand)};
  for (auto _ : state) simd::kernels<Bf16>().norm_forward(call, 0, kTokens);
  count_elements(state, b.out.numel());
}
BENCHMARK(norm_forward);

void norm_backward(benchmark::State& state) {
  const NormBuffers b;
  const simd::NormBackward<Bf16> call{kHidden,
                                      b.out.data_ptr<float>(),
                                      halves(b.branch),
                                      b.sum.data_ptr<float>(),
                                      b.mean.data_ptr<float>(),
                                      b.rstd.data_ptr<float>(),
                                      b.weight.data_ptr<float>(),
                                      {},
                                      {},
                                      b.residual.data_ptr<float>(),
                                      halves(b.operand)};
  std::vector<float> sums(3 * kHidden);
  for (auto _ : state) {
    for (std::int64_t row = 0; row < kTokens; row += 32) {
      simd::kernels<Bf16>().norm_backward(call, row, row + 32, sums.data());
    }
  }
  count_elements(state, b.out.numel());
}
BENCHMARK(norm_backward);

// One text of so many tokens, all heads, with dropout.
struct AttentionBuffers {
  explicit AttentionBuffers(std::int64_t size)
      : length(size),
        qkv(random_operand(size, 3 * kHidden)),
        d_qkv(random_operand(size, 3 * kHidden)),
        context(random_operand(size, kHidden)),
        bias(at::randn({kHidden})),
        stats(static_cast<std::size_t>(2 * size * kHeads)),
        scratch(static_cast<std::size_t>(simd::attention_scratch(size, kHidden / kHeads))),
        words(static_cast<std::size_t>(kHeads * size * simd::mask_words(size)), 0x7FFF7FFFu),
        offsets{0, static_cast<std::int32_t>(size)} {}

  simd::AttentionInputs<Bf16> inputs() const {
    const float* const b = bias.data_ptr<float>();
    return {kHeads,
            kHidden / kHeads,
            offsets,
            false,
            halves(qkv),
            halves(qkv) + kHidden,
            halves(qkv) + 2 * kHidden,
            3 * kHidden,
            3 * kHidden,
            b,
            b,
            b,
            {words.data(), 1.1f},
            &place};
  }

  std::int64_t length;
  at::Tensor qkv, d_qkv, context, bias;
  std::vector<float> stats, scratch;
  std::vector<std::uint32_t> words;
  std::int32_t offsets[2];
  std::int64_t place = 0;
};

void attention_forward(benchmark::State& state) {
  AttentionBuffers b(state.range(0));
  const simd::AttentionForward<Bf16> call{b.inputs(), halves(b.context), b.stats.data()};
  for (auto _ : state) {
    for (std::int64_t head = 0; head < kHeads; ++head) {
      simd::kernels<Bf16>().attention_forward(call, 0, head, b.scratch.data());
    }
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      4e-9 * static_cast<double>(b.length * b.length * kHidden * state.iterations()),
      benchmark::Counter::kIsRate);
}
BENCHMARK(attention_forward)->Arg(27)->Arg(128)->Arg(512);

void attention_backward(benchmark::State& state) {
  AttentionBuffers b(state.range(0));
  const simd::AttentionForward<Bf16> forward{b.inputs(), halves(b.context), b.stats.data()};
  for (std::int64_t head = 0; head < kHeads; ++head) {
    simd::kernels<Bf16>().attention_forward(forward, 0, head, b.scratch.data());
  }
  Bf16* const d = halves(b.d_qkv);
  const simd::AttentionBackward<Bf16> call{b.inputs(), b.stats.data(), halves(b.context),
                                           d,          d + kHidden,    d + 2 * kHidden};
  for (auto _ : state) {
    for (std::int64_t head = 0; head < kHeads; ++head) {
      simd::kernels<Bf16>().attention_backward(call, 0, head, b.scratch.data());
    }
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      10e-9 * static_cast<double>(b.length * b.length * kHidden * state.iterations()),
      benchmark::Counter::kIsRate);
}
BENCHMARK(attention_backward)->Arg(27)->Arg(128)->Arg(512);

void adamw(benchmark::State& state) {
  constexpr std::int64_t kWeights = 10'000'000;
  const at::Tensor gradient = random_operand(1, kWeights);
  const at::Tensor operand = at::empty_like(gradient);
  const at::Tensor weight = at::randn({kWeights});
  const at::Tensor first = at::randn({kWeights});
  const at::Tensor second = at::randn({kWeights}).abs();
  const simd::AdamWStep step{1e-5f, 1e-7f, 0.9f, 0.999f, 1e-8f, 1.1f, 1.1f, 1.0f};
  for (auto _ : state) {
    simd::kernels<Bf16>().adamw(step, kWeights, halves(gradient), weight.data_ptr<float>(),
                                first.data_ptr<float>(), second.data_ptr<float>(), halves(operand));
  }
  count_elements(state, kWeights);
}
BENCHMARK(adamw);

constexpr std::int64_t kMasked = 1 << 22;  // elements of a mask

void dropout_mask(benchmark::State& state) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  Workspace workspace;
  std::uint64_t step = 0;
  for (auto _ : state) {
    workspace.release_all();
    benchmark::DoNotOptimize(finemix::dropout_mask(kMasked / kHidden, kHidden, 0.1,
                                                   DropoutKey{7, step++}, 1, at::kCPU, workspace));
  }
  count_elements(state, kMasked / kHidden * kHidden);
}
BENCHMARK(dropout_mask)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();

void torch_bernoulli(benchmark::State& state) {
  at::set_num_threads(static_cast<int>(state.range(0)));
  at::Tensor mask = at::empty({kMasked});
  for (auto _ : state) benchmark::DoNotOptimize(mask.bernoulli_(0.9));
  count_elements(state, kMasked);
}
BENCHMARK(torch_bernoulli)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();

}  // namespace
}  // namespace finemix
