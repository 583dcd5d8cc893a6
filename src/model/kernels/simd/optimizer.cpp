#include "model/kernels/simd/functions.h"
#include "model/kernels/simd/lanes.h"

namespace finemix::simd::FINEMIX_ISA {
namespace {

FINEMIX_INLINE F32 square_root(F32 values) {
  F32 roots;
  for (int i = 0; i < kLanes; ++i) roots[i] = __builtin_sqrtf(values[i]);
  return roots;
}

}  // namespace

template <typename T>
void adamw(const AdamWStep& step, std::int64_t n, const T* gradient, float* weight, float* first,
           float* second, T* operand) {
  const F32 size = splat(step.rate * step.correction1);
  for_lanes(n, [&](std::int64_t i, std::int64_t count) {
    const F32 g = gradient ? load(gradient + i, count) * step.gradient_scale : F32{};
    const F32 old_first = load(first + i, count);
    const F32 m = old_first + (g - old_first) * (1.0f - step.beta1);
    const F32 v = load(second + i, count) * step.beta2 + g * g * (1.0f - step.beta2);
    F32 w = load(weight + i, count);
    w -= w * step.decay;
    w -= size * m / (square_root(v) * step.correction2 + step.epsilon);
    store(first + i, m, count);
    store(second + i, v, count);
    store(weight + i, w, count);
    if (operand) store_past_cache(operand + i, w, count);
  });
  if (operand) await_stores();
}

template <typename T>
double squared_length(const T* values, std::int64_t n) {
  // In fp32 over short stretches, which lose nothing that matters, and in double over those.
  constexpr std::int64_t kStretch = 1024;
  double total = 0;
  for (std::int64_t begin = 0; begin < n; begin += kStretch) {
    F32 squares{};
    for_lanes(n - begin < kStretch ? n - begin : kStretch, [&](std::int64_t i, std::int64_t count) {
      const F32 value = load(values + begin + i, count);
      squares += value * value;
    });
    total += static_cast<double>(sum(squares));
  }
  return total;
}

void decay(const float* decays, std::int64_t steps, std::int64_t n, float* weight) {
  constexpr std::int64_t kTogether = 8;  // vectors, so that their chains of steps overlap
  for (std::int64_t begin = 0; begin < n; begin += kTogether * kLanes) {
    F32 values[kTogether];
    const auto count = [&](std::int64_t v) { return n - begin - v * kLanes; };
    for (std::int64_t v = 0; v < kTogether; ++v) {
      values[v] = count(v) > 0 ? load(weight + begin + v * kLanes, count(v)) : F32{};
    }
    for (std::int64_t step = 0; step < steps; ++step) {
      for (std::int64_t v = 0; v < kTogether; ++v) values[v] -= values[v] * decays[step];
    }
    for (std::int64_t v = 0; v < kTogether; ++v) {
      if (count(v) > 0) store(weight + begin + v * kLanes, values[v], count(v));
    }
  }
}

template void adamw(const AdamWStep&, std::int64_t, const float*, float*, float*, float*, float*);
template void adamw(const AdamWStep&, std::int64_t, const Bf16*, float*, float*, float*, Bf16*);
template double squared_length(const float*, std::int64_t);
template double squared_length(const Bf16*, std::int64_t);

}  // namespace finemix::simd::FINEMIX_ISA
