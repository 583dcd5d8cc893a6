// A layer's three matrix products, ours and LibTorch's, over all threads: 860 rows, as 32 short
// texts have, through MiniLM's and BERT-base's layers.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "finemix/model/operand.h"
#include "model/kernels/own_product.h"

namespace finemix {
namespace {

constexpr std::int64_t kRows = 860;

enum Kind { kProduct, kInputGradient, kWeightGradient };

struct Buffers {
  Buffers(std::int64_t in, std::int64_t out, at::ScalarType type)
      : x(at::randn({kRows, in}).to(type)),
        w(at::randn({out, in}).to(type)),
        y(at::randn({kRows, out}).to(type)),
        scratch(at::empty(
            {std::max(own::weight_gradient_scratch(kRows, in, out), own::panel_scratch(in, out))},
            type)) {}

  at::Tensor x, w, y, scratch;
};

void count(benchmark::State& state, std::int64_t in, std::int64_t out) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * static_cast<double>(kRows * in * out * state.iterations()),
                         benchmark::Counter::kIsRate);
}

template <typename T>
void ours(benchmark::State& state, at::ScalarType type, Kind kind) {
  const std::int64_t in = state.range(0);
  const std::int64_t out = state.range(1);
  if (!own::suits<T>(in, out)) return state.SkipWithError("left to LibTorch on this CPU");
  const Buffers b(in, out, type);
  for (auto _ : state) {
    if (kind == kProduct) {
      own::product(data<T>(b.x), data<T>(b.w), data<T>(b.y), kRows, in, out, data<T>(b.scratch));
    } else if (kind == kInputGradient) {
      own::input_gradient(data<T>(b.y), data<T>(b.w), data<T>(b.x), kRows, in, out,
                          data<T>(b.scratch));
    } else {
      own::weight_gradient(data<T>(b.y), data<T>(b.x), data<T>(b.w), kRows, in, out,
                           data<T>(b.scratch));
    }
  }
  count(state, in, out);
}

void torch(benchmark::State& state, at::ScalarType type, Kind kind) {
  const std::int64_t in = state.range(0);
  const std::int64_t out = state.range(1);
  Buffers b(in, out, type);
  for (auto _ : state) {
    if (kind == kProduct) {
      at::mm_out(b.y, b.x, b.w.t());
    } else if (kind == kInputGradient) {
      at::mm_out(b.x, b.y, b.w);
    } else {
      at::mm_out(b.w, b.y.t(), b.x);
    }
  }
  count(state, in, out);
}

template <typename T>
void add(const std::string& type_name, at::ScalarType type) {
  constexpr const char* kNames[] = {"product", "input_gradient", "weight_gradient"};
  for (const Kind kind : {kProduct, kInputGradient, kWeightGradient}) {
    const std::string name = type_name + "_" + kNames[kind];
    for (auto* bench :
         {benchmark::RegisterBenchmark((name + "_own").c_str(), ours<T>, type, kind),
          benchmark::RegisterBenchmark((name + "_torch").c_str(), torch, type, kind)}) {
      bench->Args({384, 1536})->Args({1536, 384})->Args({384, 384})->Args({768, 3072});
      bench->UseRealTime();
    }
  }
}

const bool kAdded = [] {
  add<float>("fp32", at::kFloat);
  add<simd::Bf16>("bf16", at::kBFloat16);
  return true;
}();

}  // namespace
}  // namespace finemix
