// Sixteen floats at a time, in GCC's vector types: the same code is compiled for each instruction
// set (FINEMIX_ISA names the namespace), and a sum of lanes has the same order in all of them. Only
// files of this folder include it. They use nothing of the standard library that makes code of its
// own: the linker keeps one copy of an inline function, and it must not be one for a better CPU.
#pragma once

#include <cstdint>

#if defined(__AVX512BF16__)
#include "finemix/core/intrinsics.h"
#endif
#include "finemix/model/simd.h"

namespace finemix::simd::FINEMIX_ISA {

inline constexpr std::int64_t kLanes = 16;

typedef float F32 __attribute__((vector_size(64)));
typedef std::int32_t I32 __attribute__((vector_size(64)));
typedef std::uint32_t U32 __attribute__((vector_size(64)));
typedef std::uint16_t U16 __attribute__((vector_size(32)));

typedef float F32Memory __attribute__((vector_size(64), aligned(4), may_alias));
typedef std::uint16_t U16Memory __attribute__((vector_size(32), aligned(2), may_alias));

#define FINEMIX_INLINE [[gnu::always_inline]] static inline

FINEMIX_INLINE F32 splat(float value) { return F32{} + value; }
FINEMIX_INLINE F32 as_floats(U32 bits) { return reinterpret_cast<F32>(bits); }
FINEMIX_INLINE U32 as_bits(F32 values) { return reinterpret_cast<U32>(values); }
FINEMIX_INLINE I32 lane_numbers() {
  return I32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
}

typedef float F8 __attribute__((vector_size(32)));

template <typename Values>
FINEMIX_INLINE auto front(Values values) {
  return __builtin_shufflevector(values, values, 0, 1, 2, 3, 4, 5, 6, 7);
}
template <typename Values>
FINEMIX_INLINE auto back(Values values) {
  return __builtin_shufflevector(values, values, 8, 9, 10, 11, 12, 13, 14, 15);
}

// op(values), for what a compiler does lane by lane where vectors are wider than its registers, as
// comparisons: on halves without AVX-512, which are registers with AVX2.
template <typename Op, typename... Values>
FINEMIX_INLINE F32 by_registers(const Op& op, Values... values) {
#if defined(__AVX512F__)
  return op(values...);
#else
  const F8 low = op(front(values)...);
  const F8 high = op(back(values)...);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
}

// a < b ? then : otherwise, of floats or integers.
template <typename Values>
FINEMIX_INLINE F32 if_less(Values a, Values b, F32 then, F32 otherwise) {
  return by_registers(
      [](auto x, auto y, auto yes, auto no)
          __attribute__((always_inline)) { return x < y ? yes : no; },
      a, b, then, otherwise);
}
template <typename Values>
FINEMIX_INLINE F32 if_equal(Values a, Values b, F32 then, F32 otherwise) {
  return by_registers(
      [](auto x, auto y, auto yes, auto no)
          __attribute__((always_inline)) { return x == y ? yes : no; },
      a, b, then, otherwise);
}

FINEMIX_INLINE F32 load(const float* from) { return *reinterpret_cast<const F32Memory*>(from); }
FINEMIX_INLINE F32 load(const Bf16* from) {
  const U16 halves = *reinterpret_cast<const U16Memory*>(from);
  return as_floats(__builtin_convertvector(halves, U32) << 16);
}

FINEMIX_INLINE void store(float* to, F32 values) { *reinterpret_cast<F32Memory*>(to) = values; }
// Rounds to the nearest, ties to even; a NaN stays one. The instruction takes what is below the
// smallest normal number for zero.
#if defined(__AVX512BF16__)
FINEMIX_INLINE U16 to_bf16(F32 values) {
  return reinterpret_cast<U16>(_mm512_cvtneps_pbh(reinterpret_cast<__m512>(values)));
}
#else
FINEMIX_INLINE U16 to_bf16(F32 values) {
  const U32 bits = as_bits(values);
  const U32 rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  const U32 quiet = (bits >> 16) | 0x40;
  return __builtin_convertvector(values == values ? rounded : quiet, U16);
}
#endif
FINEMIX_INLINE void store(Bf16* to, F32 values) {
  *reinterpret_cast<U16Memory*>(to) = to_bf16(values);
}

// The first `count` lanes; the others are zero.
template <typename T>
FINEMIX_INLINE F32 load(const T* from, std::int64_t count) {
  if (count >= kLanes) return load(from);
  T part[kLanes] = {};
  for (std::int64_t i = 0; i < count; ++i) part[i] = from[i];
  return load(part);
}
template <typename T>
FINEMIX_INLINE void store(T* to, F32 values, std::int64_t count) {
  if (count >= kLanes) return store(to, values);
  T part[kLanes];
  store(part, values);
  for (std::int64_t i = 0; i < count; ++i) to[i] = part[i];
}

// As store(), of what is not read again before much else is: bf16 beside AVX512_BF16 goes past the
// cache, so that a line's old content is not fetched first. await_stores() comes after the last.
template <typename T>
FINEMIX_INLINE void store_past_cache(T* to, F32 values, std::int64_t count) {
#if defined(__AVX512BF16__)
  if constexpr (sizeof(T) == 2) {
    if (count >= kLanes && reinterpret_cast<std::uintptr_t>(to) % 32 == 0) {
      return _mm256_stream_si256(reinterpret_cast<__m256i*>(to),
                                 reinterpret_cast<__m256i>(to_bf16(values)));
    }
  }
#endif
  store(to, values, count);
}

FINEMIX_INLINE void await_stores() {
#if defined(__AVX512BF16__)
  _mm_sfence();
#endif
}

// Calls body(first element, lanes in use) over n elements.
template <typename Body>
FINEMIX_INLINE void for_lanes(std::int64_t n, const Body& body) {
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) body(i, kLanes);
  if (i < n) body(i, n - i);
}

// `otherwise` in the lanes from `count` on.
FINEMIX_INLINE F32 only(F32 values, std::int64_t count, float otherwise = 0) {
  if (count >= kLanes) return values;
  const I32 end = I32{} + static_cast<std::int32_t>(count);
  return if_less(lane_numbers(), end, values, splat(otherwise));
}

// values · scale where bit `first` + lane of the row's mask is set, else 0.
FINEMIX_INLINE F32 dropped(F32 values, const std::uint32_t* mask, std::int64_t first, float scale) {
  const std::uint32_t word = mask[first >> 5] >> (first & 16);
  const I32 kept = (I32{} + static_cast<std::int32_t>(word)) & (I32{} + 1) << lane_numbers();
  return if_equal(kept, I32{}, F32{}, values * scale);
}

FINEMIX_INLINE float sum(F32 values) {
  typedef float F4 __attribute__((vector_size(16)));
  const F8 eight = front(values) + back(values);
  const F4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
                  __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

FINEMIX_INLINE F32 larger(F32 a, F32 b) { return if_less(b, a, a, b); }

FINEMIX_INLINE float largest(F32 values) {
  typedef float F4 __attribute__((vector_size(16)));
  const F8 low = front(values);
  const F8 high = back(values);
  const F8 eight = low > high ? low : high;
  const F4 first = __builtin_shufflevector(eight, eight, 0, 1, 2, 3);
  const F4 second = __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  const F4 four = first > second ? first : second;
  const float a = four[0] > four[2] ? four[0] : four[2];
  const float b = four[1] > four[3] ? four[1] : four[3];
  return a > b ? a : b;
}

// eˣ to 2 units in the last place; x is clamped to [-87, 88], and a NaN stays one.
FINEMIX_INLINE F32 exp(F32 x) {
  x = if_less(x, splat(-87.0f), splat(-87.0f), x);
  x = if_less(splat(88.0f), x, splat(88.0f), x);
  // x = n ln 2 + r; adding 1.5·2²³ rounds to the nearest integer.
  constexpr float kRound = 12582912.0f;
  const F32 shifted = x * 1.44269504f + kRound;
  const F32 n = shifted - kRound;
  const F32 r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  F32 p = splat(1.0f / 5040);  // Taylor's series: |r| ≤ ln 2 / 2, so the next term is below 1e-8
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r + 1.0f;
  const U32 exponent = as_bits(shifted) << 23;  // n · 2²³; the constant's own bits fall out
  const F32 power = as_floats(as_bits(p) + exponent);
  return if_equal(x, x, power, x);  // a NaN is not
}

}  // namespace finemix::simd::FINEMIX_ISA
