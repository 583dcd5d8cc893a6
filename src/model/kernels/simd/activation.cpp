#include "model/kernels/simd/functions.h"
#include "model/kernels/simd/lanes.h"

namespace finemix::simd::FINEMIX_ISA {
namespace {

constexpr float kInverseRoot2Pi = 0.39894228f;
constexpr float kRoot2OverPi = 0.79788456f;

FINEMIX_INLINE F32 absolute(F32 x) { return as_floats(as_bits(x) & 0x7FFFFFFF); }

FINEMIX_INLINE F32 sigmoid(F32 x) { return 1.0f / (1.0f + exp(-x)); }
FINEMIX_INLINE F32 tanh(F32 x) { return 1.0f - 2.0f / (exp(2.0f * x) + 1.0f); }

// The normal distribution function Φ and √(2π) times its density at x. The error function is
// formula 7.1.26 of Abramowitz and Stegun, absolute error below 1.5e-7.
struct Normal {
  F32 below;
  F32 density;
};
FINEMIX_INLINE Normal normal(F32 x) {
  const F32 density = exp(-0.5f * x * x);
  const F32 t = 1.0f / (1.0f + 0.3275911f * 0.70710678f * absolute(x));
  F32 p = t * 1.061405429f - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const F32 tail = 0.5f * p * t * density;  // 1 − Φ(|x|)
  return {if_less(x, F32{}, tail, 1.0f - tail), density};
}

struct Point {
  F32 value;
  F32 slope;
};

template <Activation A>
FINEMIX_INLINE Point apply(F32 x) {
  if constexpr (A == Activation::kGelu) {
    const Normal at = normal(x);
    return {x * at.below, at.below + x * at.density * kInverseRoot2Pi};
  }
  if constexpr (A == Activation::kGeluTanh) {
    constexpr float kCube = 0.044715f;
    const F32 t = tanh(kRoot2OverPi * (x + kCube * x * x * x));
    const F32 half = 0.5f * (1.0f + t);
    const F32 inner_slope = kRoot2OverPi * (1.0f + 3.0f * kCube * x * x);
    return {x * half, half + 0.5f * x * (1.0f - t * t) * inner_slope};
  }
  if constexpr (A == Activation::kRelu) {
    return {if_less(F32{}, x, x, F32{}), if_less(F32{}, x, splat(1.0f), F32{})};
  }
  if constexpr (A == Activation::kSilu) {
    const F32 s = sigmoid(x);
    return {x * s, s * (1.0f + x * (1.0f - s))};
  }
  if constexpr (A == Activation::kTanh) {
    const F32 t = tanh(x);
    return {t, 1.0f - t * t};
  }
}

template <Activation A, bool kKeep, typename T>
void forward_rows(const ActivationForward<T>& call, std::int64_t begin, std::int64_t end) {
  const std::int64_t n = call.width;
  for (std::int64_t row = begin; row < end; ++row) {
    T* const from = call.x + row * n;
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
      const Point at = apply<A>(load(from + i, count) + load(call.bias + i, count));
      store(call.y + row * n + i, at.value, count);
      if constexpr (kKeep) store(from + i, at.slope, count);
    });
  }
}

template <Activation A, typename T>
void forward(const ActivationForward<T>& call, std::int64_t begin, std::int64_t end) {
  call.keep ? forward_rows<A, true>(call, begin, end) : forward_rows<A, false>(call, begin, end);
}

}  // namespace

template <typename T>
void activation_forward(const ActivationForward<T>& call, std::int64_t begin, std::int64_t end) {
  switch (call.activation) {
    case Activation::kGelu:
      return forward<Activation::kGelu>(call, begin, end);
    case Activation::kGeluTanh:
      return forward<Activation::kGeluTanh>(call, begin, end);
    case Activation::kRelu:
      return forward<Activation::kRelu>(call, begin, end);
    case Activation::kSilu:
      return forward<Activation::kSilu>(call, begin, end);
    case Activation::kTanh:
      return forward<Activation::kTanh>(call, begin, end);
  }
}

template <typename T>
void activation_backward(const T* slope, std::int64_t width, std::int64_t begin, std::int64_t end,
                         T* gradient, float* sums) {
  for (std::int64_t i = 0; i < width; ++i) sums[i] = 0;
  for (std::int64_t row = begin; row < end; ++row) {
    const T* const slopes = slope + row * width;
    T* const d = gradient + row * width;
    for_lanes(width, [&](std::int64_t i, std::int64_t count) {
      const F32 value = load(d + i, count) * load(slopes + i, count);
      store(d + i, value, count);
      store(sums + i, load(sums + i, count) + value, count);
    });
  }
}

template <typename T>
void column_sums(const T* rows, std::int64_t width, std::int64_t begin, std::int64_t end,
                 float* sums) {
  for (std::int64_t i = 0; i < width; ++i) sums[i] = 0;
  for (std::int64_t row = begin; row < end; ++row) {
    for_lanes(width, [&](std::int64_t i, std::int64_t count) {
      store(sums + i, load(sums + i, count) + load(rows + row * width + i, count), count);
    });
  }
}

template void activation_forward(const ActivationForward<float>&, std::int64_t, std::int64_t);
template void activation_forward(const ActivationForward<Bf16>&, std::int64_t, std::int64_t);
template void activation_backward(const float*, std::int64_t, std::int64_t, std::int64_t, float*,
                                  float*);
template void activation_backward(const Bf16*, std::int64_t, std::int64_t, std::int64_t, Bf16*,
                                  float*);
template void column_sums(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void column_sums(const Bf16*, std::int64_t, std::int64_t, std::int64_t, float*);

}  // namespace finemix::simd::FINEMIX_ISA
