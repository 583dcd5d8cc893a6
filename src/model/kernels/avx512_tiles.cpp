#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "finemix/core/intrinsics.h"
#include "finemix/model/simd.h"
#include "model/cpu_bf16.h"
#include "model/kernels/product_tiles.h"

// 24 registers of sums, which leaves 8 for the operands.

namespace finemix::own {

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)  // as intrinsics.h says; LibTorch's headers came first
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
namespace {

constexpr std::int64_t kLanes = Avx512Tiles<float>::kLanes;
constexpr std::int64_t kTileRows = Avx512Tiles<float>::kRows;
constexpr std::int64_t kPanelVectors = Avx512Tiles<float>::kVectors;
constexpr std::int64_t kAhead = 8;  // rows that are fetched before they are read
template <typename T>
constexpr std::int64_t kUnit = Avx512Tiles<T>::kUnit;
template <typename T>
constexpr std::int64_t kWide = kLanes* kUnit<T>;  // elements of a register of units

// The fp32 functions hold no instruction of AVX512_BF16: only dpbf16 and cvtneps_pbh below make
// such, and compilers do not make them of fp32 arithmetic.
#define FINEMIX_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define FINEMIX_AVX512_INLINE \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"), always_inline)) inline

template <typename T>
FINEMIX_AVX512_INLINE __m512i broadcast_unit(const T* from) {
  int unit = 0;
  __builtin_memcpy(&unit, from, sizeof(unit));
  return _mm512_set1_epi32(unit);
}

template <typename T>
FINEMIX_AVX512_INLINE __m512 multiply_add(__m512 sums, __m512i left, __m512i right) {
  if constexpr (std::is_same_v<T, float>) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sums);
  } else {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(left),
                            reinterpret_cast<__m512bh>(right));
  }
}

FINEMIX_AVX512_INLINE void store(__m512 sums, float* to) { _mm512_storeu_ps(to, sums); }
FINEMIX_AVX512_INLINE void store(__m512 sums, simd::Bf16* to) {
  const auto halves = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(sums));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), halves);
}

template <typename T, int kRows, int kVectors>
FINEMIX_AVX512 void tile(const T* left, std::int64_t left_row, std::int64_t left_place,
                         const T* panel, std::int64_t places, T* out, std::int64_t out_row) {
  __m512 sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_setzero_ps();
  }
  for (std::int64_t k = 0; k < places; ++k) {
    __m512i right[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) right[v] = _mm512_load_si512(panel + kWide<T> * v);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const __m512i unit = broadcast_unit(left + r * left_row);
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sums[r][v] = multiply_add<T>(sums[r][v], unit, right[v]);
    }
    left += left_place;
    panel += kVectors * kWide<T>;
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) store(sums[r][v], out + r * out_row + kLanes * v);
  }
}

template <typename T, int kVectors, std::size_t... kRows>
constexpr std::array<Tile<T>, kTileRows> tiles_of(std::index_sequence<kRows...>) {
  return {tile<T, static_cast<int>(kRows) + 1, kVectors>...};
}
// By vectors − 1 and rows − 1.
template <typename T>
constexpr std::array<std::array<Tile<T>, kTileRows>, kPanelVectors> kTiles = {
    tiles_of<T, 1>(std::make_index_sequence<kTileRows>()),
    tiles_of<T, 2>(std::make_index_sequence<kTileRows>()),
    tiles_of<T, 3>(std::make_index_sequence<kTileRows>())};

// Turns a square of 16 × 16 units over. Strides are in elements.
template <typename T>
FINEMIX_AVX512_INLINE void turn_over(const T* from, std::int64_t from_row, T* out,
                                     std::int64_t out_row) {
  __m512i a[16], b[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) a[i] = _mm512_loadu_si512(from + i * from_row);
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
  // Now in each block of 128 bits of a[4 i + j]: column 4 · block + j of rows 4 i … 4 i + 3.
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const __m512i even_front = _mm512_shuffle_i32x4(a[j], a[4 + j], 0x88);
    const __m512i odd_front = _mm512_shuffle_i32x4(a[j], a[4 + j], 0xDD);
    const __m512i even_back = _mm512_shuffle_i32x4(a[8 + j], a[12 + j], 0x88);
    const __m512i odd_back = _mm512_shuffle_i32x4(a[8 + j], a[12 + j], 0xDD);
    T* const to = out + j * out_row;
    _mm512_storeu_si512(to, _mm512_shuffle_i32x4(even_front, even_back, 0x88));
    _mm512_storeu_si512(to + 4 * out_row, _mm512_shuffle_i32x4(odd_front, odd_back, 0x88));
    _mm512_storeu_si512(to + 8 * out_row, _mm512_shuffle_i32x4(even_front, even_back, 0xDD));
    _mm512_storeu_si512(to + 12 * out_row, _mm512_shuffle_i32x4(odd_front, odd_back, 0xDD));
  }
}

FINEMIX_AVX512_INLINE __m512i widened(const simd::Bf16* from) {
  return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

// Sixteen columns of a row as units: an fp32 row's own, or with a second bf16 row's; zeros stand
// for that where there is none.
FINEMIX_AVX512_INLINE __m512i units(const float* row, const float*) {
  return _mm512_loadu_si512(row);
}
FINEMIX_AVX512_INLINE __m512i units(const simd::Bf16* row, const simd::Bf16* second) {
  if (!second) return widened(row);
  return _mm512_or_si512(widened(row), _mm512_slli_epi32(widened(second), 16));
}

template <typename T>
FINEMIX_AVX512 void pack_panels(const Right<T>& right, std::int64_t columns, std::int64_t begin,
                                std::int64_t end, T* packed) {
  using Tiles = Avx512Tiles<T>;
  static_assert(kSizeStep % kWide<T> == 0);
  const std::int64_t depth = whole_units<Tiles>(right.depth);
  if (right.layout == Layout::kTurned) {
    for (std::int64_t column = begin; column < end; column += kPanel<Tiles>) {
      const std::int64_t vectors = panel_vectors<Tiles>(column, columns);
      for (std::int64_t v = 0; v < vectors; ++v) {
        for (std::int64_t k = 0; k < depth; k += kWide<T>) {
          turn_over(right.elements + (column + v * kLanes) * right.row + k, right.row,
                    packed + column * depth + k * vectors * kLanes + v * kWide<T>,
                    vectors * kWide<T>);
        }
      }
    }
    return;
  }
  // A row goes to all panels, so that it is read on end.
  for (std::int64_t k = 0; k < depth; k += kUnit<T>) {
    for (std::int64_t column = begin; column < end; column += kPanel<Tiles>) {
      const std::int64_t vectors = panel_vectors<Tiles>(column, columns);
      T* const to = packed + column * depth + k * vectors * kLanes;
      for (std::int64_t v = 0; v < vectors; ++v) {
        const T* const first = right.elements + k * right.row + column + v * kLanes;
        const T* const second = k + 1 < right.depth ? first + right.row : nullptr;
        for (std::int64_t u = 0; u < kUnit<T>; ++u) {
          __builtin_prefetch(first + (kAhead + u) * right.row);
        }
        _mm512_store_si512(to + v * kWide<T>, units(first, second));
      }
    }
  }
}

template <typename T>
FINEMIX_AVX512 void pack_columns(const T* x, std::int64_t rows, std::int64_t width,
                                 std::int64_t begin, std::int64_t end, T* out) {
  static_assert(2 * kTileRows == kLanes && kSizeStep % kLanes == 0);
  const std::int64_t depth = whole_units<Avx512Tiles<T>>(rows);
  for (std::int64_t column = begin; column < end; column += kSizeStep) {
    for (std::int64_t row = 0; row < rows; row += kUnit<T>) {
      for (std::int64_t i = column; i < column + kSizeStep; i += kLanes) {
        const T* const first = x + row * width + i;
        const __m512i both = units(first, row + 1 < rows ? first + width : nullptr);
        T* const to = out + i * depth + row * kTileRows;
        T* const next = to + kTileRows * depth;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(both));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(next), _mm512_extracti64x4_epi64(both, 1));
      }
    }
  }
}

}  // namespace

template <typename T>
void Avx512Tiles<T>::pack(const Right<T>& right, std::int64_t columns, std::int64_t begin,
                          std::int64_t end, T* packed) {
  pack_panels(right, columns, begin, end, packed);
}

template <typename T>
void Avx512Tiles<T>::pack_left(const T* x, std::int64_t rows, std::int64_t width,
                               std::int64_t begin, std::int64_t end, T* out) {
  pack_columns(x, rows, width, begin, end, out);
}

template <typename T>
Tile<T> Avx512Tiles<T>::tile(std::int64_t vectors, std::int64_t rows) {
  return kTiles<T>[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(rows - 1)];
}

template <typename T>
bool Avx512Tiles<T>::available() {
  if constexpr (std::is_same_v<T, float>) return __builtin_cpu_supports("x86-64-v4");
  return cpu_bf16() == CpuBf16::kAvx512 || cpu_bf16() == CpuBf16::kAvx512Half;
}

#else

template <typename T>
bool Avx512Tiles<T>::available() {
  return false;
}
template <typename T>
Tile<T> Avx512Tiles<T>::tile(std::int64_t, std::int64_t) {
  return nullptr;
}
template <typename T>
void Avx512Tiles<T>::pack(const Right<T>&, std::int64_t, std::int64_t, std::int64_t, T*) {}
template <typename T>
void Avx512Tiles<T>::pack_left(const T*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                               T*) {}

#endif

template struct Avx512Tiles<float>;
template struct Avx512Tiles<simd::Bf16>;

}  // namespace finemix::own
