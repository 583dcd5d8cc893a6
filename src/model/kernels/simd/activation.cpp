#include "model/kernels/simd/functions.h"
#include "model/kernels/simd/lanes.h"

namespace finemix::simd::FINEMIX_ISA {
namespace {

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
  return {x < 0.0f ? tail : 1.0f - tail, density};
}

constexpr float kInverseRoot2Pi = 0.39894228f;

template <Activation A>
FINEMIX_INLINE F32 apply(F32 x) {
  if constexpr (A == Activation::kGelu) return x * normal(x).below;
  if constexpr (A == Activation::kGeluTanh) {
    return 0.5f * x * (1.0f + tanh(0.79788456f * (x + 0.044715f * x * x * x)));
  }
  if constexpr (A == Activation::kRelu) return x > 0.0f ? x : F32{};
  if constexpr (A == Activation::kSilu) return x * sigmoid(x);
  if constexpr (A == Activation::kTanh) return tanh(x);
}

template <Activation A>
FINEMIX_INLINE F32 slope(F32 x) {
  if constexpr (A == Activation::kGelu) {
    const Normal at = normal(x);
    return at.below + x * at.density * kInverseRoot2Pi;
  }
  if constexpr (A == Activation::kGeluTanh) {
    const F32 t = tanh(0.79788456f * (x + 0.044715f * x * x * x));
    return 0.5f * (1.0f + t) +
           0.5f * x * (1.0f - t * t) * 0.79788456f * (1.0f + 3.0f * 0.044715f * x * x);
  }
  if constexpr (A == Activation::kRelu) return x > 0.0f ? splat(1.0f) : F32{};
  if constexpr (A == Activation::kSilu) {
    const F32 s = sigmoid(x);
    return s * (1.0f + x * (1.0f - s));
  }
  if constexpr (A == Activation::kTanh) {
    const F32 t = tanh(x);
    return 1.0f - t * t;
  }
}

template <Activation A, typename T>
void forward(const ActivationRows<T>& call, std::int64_t begin, std::int64_t end, T* y) {
  const std::int64_t n = call.width;
  for (std::int64_t row = begin; row < end; ++row) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
      const F32 x = load(call.x + row * n + i, count) + load(call.bias + i, count);
      store(y + row * n + i, apply<A>(x), count);
    });
  }
}

template <Activation A, typename T>
void backward(const ActivationRows<T>& call, std::int64_t begin, std::int64_t end, T* gradient,
              float* sums) {
  const std::int64_t n = call.width;
  for (std::int64_t i = 0; i < n; ++i) sums[i] = 0;
  for (std::int64_t row = begin; row < end; ++row) {
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
      const F32 x = load(call.x + row * n + i, count) + load(call.bias + i, count);
      const F32 value = load(gradient + row * n + i, count) * slope<A>(x);
      store(gradient + row * n + i, value, count);
      store(sums + i, load(sums + i, count) + value, count);
    });
  }
}

}  // namespace

template <typename T>
void activation_forward(const ActivationRows<T>& call, std::int64_t begin, std::int64_t end, T* y) {
  switch (call.activation) {
    case Activation::kGelu:
      return forward<Activation::kGelu>(call, begin, end, y);
    case Activation::kGeluTanh:
      return forward<Activation::kGeluTanh>(call, begin, end, y);
    case Activation::kRelu:
      return forward<Activation::kRelu>(call, begin, end, y);
    case Activation::kSilu:
      return forward<Activation::kSilu>(call, begin, end, y);
    case Activation::kTanh:
      return forward<Activation::kTanh>(call, begin, end, y);
  }
}

template <typename T>
void activation_backward(const ActivationRows<T>& call, std::int64_t begin, std::int64_t end,
                         T* gradient, float* sums) {
  switch (call.activation) {
    case Activation::kGelu:
      return backward<Activation::kGelu>(call, begin, end, gradient, sums);
    case Activation::kGeluTanh:
      return backward<Activation::kGeluTanh>(call, begin, end, gradient, sums);
    case Activation::kRelu:
      return backward<Activation::kRelu>(call, begin, end, gradient, sums);
    case Activation::kSilu:
      return backward<Activation::kSilu>(call, begin, end, gradient, sums);
    case Activation::kTanh:
      return backward<Activation::kTanh>(call, begin, end, gradient, sums);
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

template void activation_forward(const ActivationRows<float>&, std::int64_t, std::int64_t, float*);
template void activation_forward(const ActivationRows<Bf16>&, std::int64_t, std::int64_t, Bf16*);
template void activation_backward(const ActivationRows<float>&, std::int64_t, std::int64_t, float*,
                                  float*);
template void activation_backward(const ActivationRows<Bf16>&, std::int64_t, std::int64_t, Bf16*,
                                  float*);
template void column_sums(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void column_sums(const Bf16*, std::int64_t, std::int64_t, std::int64_t, float*);

}  // namespace finemix::simd::FINEMIX_ISA
