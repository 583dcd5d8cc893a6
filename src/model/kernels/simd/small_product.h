// Products of matrices that stay in the first caches, with fp32 sums. What a lane takes of the
// summed dimension at once is a unit: a float or, where the CPU multiplies bf16, two numbers of it.
#pragma once

#include "model/kernels/simd/lanes.h"

namespace finemix::simd::FINEMIX_ISA {

// Of what matrices of T are multiplied, and how it lies in memory.
template <typename T>
struct Factor {
  using Element = float;
  using Unit = float;
  static constexpr std::int64_t kTogether = 1;
};

// A register of floats, of which a few make a vector of kLanes. A compiler does not keep an array
// of vectors that are wider than its registers in registers.
#if defined(__AVX512F__)
inline constexpr std::int64_t kNative = 16;
#elif defined(__AVX2__)
inline constexpr std::int64_t kNative = 8;
#else
inline constexpr std::int64_t kNative = 4;
#endif
typedef float Native __attribute__((vector_size(kNative * sizeof(float))));
typedef float NativeMemory
    __attribute__((vector_size(kNative * sizeof(float)), aligned(4), may_alias));

FINEMIX_INLINE Native load_native(const float* from) {
  return *reinterpret_cast<const NativeMemory*>(from);
}
FINEMIX_INLINE void store_native(float* to, Native values) {
  *reinterpret_cast<NativeMemory*>(to) = values;
}

FINEMIX_INLINE Native multiply_add(Native sums, float unit, const float* units) {
  return sums + unit * load_native(units);
}

#if defined(__AVX512BF16__)
enum class Pair : std::uint32_t {};  // the first in the low half

template <>
struct Factor<Bf16> {
  using Element = Bf16;
  using Unit = Pair;
  static constexpr std::int64_t kTogether = 2;
};

FINEMIX_INLINE Native multiply_add(Native sums, Pair unit, const Pair* units) {
  const U32 right = as_bits(load(reinterpret_cast<const float*>(units)));
  const U32 left = U32{} + static_cast<std::uint32_t>(unit);
  return reinterpret_cast<F32>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sums),
                                                reinterpret_cast<__m512bh>(left),
                                                reinterpret_cast<__m512bh>(right)));
}
#endif

constexpr std::int64_t padded(std::int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// Units that `n` numbers of the summed dimension take.
template <typename T>
constexpr std::int64_t units(std::int64_t n) {
  return (n + Factor<T>::kTogether - 1) / Factor<T>::kTogether;
}

// A matrix read unit by unit: unit (m, k) is at from[m · row + k · column].
template <typename Unit>
struct Operand {
  const Unit* from;
  std::int64_t row;
  std::int64_t column;
};

// c (Rows, Natives registers) = or += a (Rows, depth) · b (depth, …), in registers meanwhile.
template <int Rows, int Natives, typename Unit>
FINEMIX_INLINE void tile(Operand<Unit> a, const Unit* b, std::int64_t b_stride, std::int64_t depth,
                         float* c, std::int64_t c_stride, bool add) {
  Native sums[Rows][Natives];
#pragma GCC unroll 16
  for (int m = 0; m < Rows; ++m) {
#pragma GCC unroll 16
    for (int n = 0; n < Natives; ++n) {
      sums[m][n] = add ? load_native(c + m * c_stride + n * kNative) : Native{};
    }
  }
  for (std::int64_t k = 0; k < depth; ++k) {
#pragma GCC unroll 16
    for (int m = 0; m < Rows; ++m) {
      const Unit unit = a.from[m * a.row + k * a.column];
#pragma GCC unroll 16
      for (int n = 0; n < Natives; ++n) {
        sums[m][n] = multiply_add(sums[m][n], unit, b + k * b_stride + n * kNative);
      }
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < Rows; ++m) {
#pragma GCC unroll 16
    for (int n = 0; n < Natives; ++n) store_native(c + m * c_stride + n * kNative, sums[m][n]);
  }
}

// Rows of a tile whose sums fit in registers beside the row of b and a unit: there are 32 with
// AVX-512, and 16 on other x86.
constexpr int tile_rows(int natives) {
  if (kNative == 16) return natives == 4 ? 5 : 8;
  return natives == 2 ? 6 : 2;
}

template <int Natives, typename Unit>
FINEMIX_INLINE void rows_of_tiles(std::int64_t rows, Operand<Unit> a, const Unit* b,
                                  std::int64_t b_stride, std::int64_t depth, float* c,
                                  std::int64_t c_stride, bool add) {
  constexpr int kRows = tile_rows(Natives);
  std::int64_t m = 0;
  const auto at = [&](std::int64_t row) {
    return Operand<Unit>{a.from + row * a.row, a.row, a.column};
  };
  for (; m + kRows <= rows; m += kRows) {
    tile<kRows, Natives>(at(m), b, b_stride, depth, c + m * c_stride, c_stride, add);
  }
  for (; m + 2 <= rows; m += 2) {
    tile<2, Natives>(at(m), b, b_stride, depth, c + m * c_stride, c_stride, add);
  }
  if (m < rows) tile<1, Natives>(at(m), b, b_stride, depth, c + m * c_stride, c_stride, add);
}

// c (rows, columns) = or += a (rows, depth) · b (depth, columns), `depth` in units; columns is a
// multiple of 16.
template <typename Unit>
[[gnu::noinline]] void multiply(std::int64_t rows, std::int64_t columns, std::int64_t depth,
                                Operand<Unit> a, const Unit* b, std::int64_t b_stride, float* c,
                                std::int64_t c_stride, bool add) {
  std::int64_t n = 0;
  if constexpr (kNative == kLanes) {
    for (; n + 4 * kLanes <= columns; n += 4 * kLanes) {
      rows_of_tiles<4>(rows, a, b + n, b_stride, depth, c + n, c_stride, add);
    }
    for (; n + 2 * kLanes <= columns; n += 2 * kLanes) {
      rows_of_tiles<2>(rows, a, b + n, b_stride, depth, c + n, c_stride, add);
    }
  }
  for (; n < columns; n += kLanes) {
    rows_of_tiles<kLanes / kNative>(rows, a, b + n, b_stride, depth, c + n, c_stride, add);
  }
}

// One of the four exchanges that turn a square of lanes over: of blocks of `Size` lanes between
// rows that are `Size` apart.
template <int Size>
FINEMIX_INLINE void exchange(F32 (&rows)[kLanes]) {
  I32 low = lane_numbers(), high = lane_numbers();
  low = (low & Size) != 0 ? low - Size + 16 : low;
  high = (high & Size) != 0 ? high + 16 : high + Size;
  for (int i = 0; i < kLanes; ++i) {
    if (i & Size) continue;
    const F32 a = rows[i];
    const F32 b = rows[i + Size];
    rows[i] = __builtin_shuffle(a, b, low);
    rows[i + Size] = __builtin_shuffle(a, b, high);
  }
}

FINEMIX_INLINE void turn_over_square(F32 (&rows)[kLanes]) {
  exchange<8>(rows);
  exchange<4>(rows);
  exchange<2>(rows);
  exchange<1>(rows);
}

// Units turned over: to[unit][padded(length)] of from[row][stride], `count` of each row; zeros
// after the last row.
template <typename Unit>
void turn_over(const Unit* from, std::int64_t stride, std::int64_t length, std::int64_t count,
               Unit* to) {
  const std::int64_t width = padded(length);
  for (std::int64_t begin = 0; begin < width; begin += kLanes) {
    for (std::int64_t i = 0; i < count; i += kLanes) {
      F32 rows[kLanes];
      for (std::int64_t row = 0; row < kLanes; ++row) {
        rows[row] = begin + row < length
                        ? load(reinterpret_cast<const float*>(from + (begin + row) * stride + i))
                        : F32{};
      }
      turn_over_square(rows);
      const std::int64_t lines = count - i < kLanes ? count - i : kLanes;
      for (std::int64_t line = 0; line < lines; ++line) {
        store(reinterpret_cast<float*>(to + (i + line) * width + begin), rows[line]);
      }
    }
  }
}

// Rows whose units lie along them, at from[row][stride], as units over them: to[unit][columns];
// `columns` is a multiple of 16. Floats are both at once, so `to` is not needed for them.
FINEMIX_INLINE const float* units_over_rows(const float* from, std::int64_t, std::int64_t,
                                            std::int64_t, float*) {
  return from;
}
#if defined(__AVX512BF16__)
FINEMIX_INLINE const Pair* units_over_rows(const Pair* from, std::int64_t stride,
                                           std::int64_t length, std::int64_t columns, Pair* to) {
  for (std::int64_t row = 0; row < length; row += 2) {
    const auto* const first = reinterpret_cast<const Bf16*>(from + row * stride);
    const auto* const second = reinterpret_cast<const Bf16*>(from + (row + 1) * stride);
    for (std::int64_t i = 0; i < columns; i += kLanes) {
      U32 both = as_bits(load(first + i)) >> 16;
      if (row + 1 < length) both |= as_bits(load(second + i));
      store(reinterpret_cast<float*>(to + row / 2 * columns + i), as_floats(both));
    }
  }
  return to;
}
#endif

}  // namespace finemix::simd::FINEMIX_ISA
