#include <array>
#include <utility>

#include "finemix/core/intrinsics.h"
#include "model/kernels/product_tiles.h"

// Twelve registers of sums, three of the panel's row and one of a unit: all there are.

namespace finemix::own {

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)  // as intrinsics.h says; LibTorch's headers came first
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
namespace {

constexpr std::int64_t kLanes = Avx2Tiles::kLanes;
constexpr std::int64_t kAhead = 8;  // rows that are fetched before they are read

#define FINEMIX_AVX2 __attribute__((target("avx2,fma")))
#define FINEMIX_AVX2_INLINE __attribute__((target("avx2,fma"), always_inline)) inline

template <int kRows, int kVectors>
FINEMIX_AVX2 void tile(const float* left, std::int64_t left_row, std::int64_t left_place,
                       const float* panel, std::int64_t places, float* out, std::int64_t out_row) {
  __m256 sums[kRows][kVectors];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm256_setzero_ps();
  }
  for (std::int64_t k = 0; k < places; ++k) {
    __m256 right[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) right[v] = _mm256_load_ps(panel + kLanes * v);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const __m256 unit = _mm256_broadcast_ss(left + r * left_row);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        sums[r][v] = _mm256_fmadd_ps(unit, right[v], sums[r][v]);
      }
    }
    left += left_place;
    panel += kVectors * kLanes;
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) _mm256_storeu_ps(out + r * out_row + kLanes * v, sums[r][v]);
  }
}

template <int kVectors, std::size_t... kRows>
constexpr std::array<Tile<float>, Avx2Tiles::kRows> tiles_of(std::index_sequence<kRows...>) {
  return {tile<static_cast<int>(kRows) + 1, kVectors>...};
}
// By vectors − 1 and rows − 1.
constexpr auto kEachRows = std::make_index_sequence<Avx2Tiles::kRows>();
constexpr std::array<std::array<Tile<float>, Avx2Tiles::kRows>, Avx2Tiles::kVectors> kTiles = {
    tiles_of<1>(kEachRows), tiles_of<2>(kEachRows), tiles_of<3>(kEachRows)};

// Turns a square of 8 × 8 floats over.
FINEMIX_AVX2_INLINE void turn_over(const float* from, std::int64_t from_row, float* out,
                                   std::int64_t out_row) {
  __m256 a[8], b[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) a[i] = _mm256_loadu_ps(from + i * from_row);
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
    b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
  }
  // Now in each block of 128 bits of a[4 i + j]: column 4 · block + j of rows 4 i … 4 i + 3.
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
    a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xEE);
    a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
    a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xEE);
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    _mm256_store_ps(out + j * out_row, _mm256_permute2f128_ps(a[j], a[4 + j], 0x20));
    _mm256_store_ps(out + (4 + j) * out_row, _mm256_permute2f128_ps(a[j], a[4 + j], 0x31));
  }
}

}  // namespace

FINEMIX_AVX2 void Avx2Tiles::pack(const Right<float>& right, std::int64_t columns,
                                  std::int64_t begin, std::int64_t end, float* packed) {
  constexpr std::int64_t kStep = kPanel<Avx2Tiles>;
  if (right.layout == Layout::kTurned) {
    for (std::int64_t column = begin; column < end; column += kStep) {
      const std::int64_t width = panel_vectors<Avx2Tiles>(column, columns) * kLanes;
      for (std::int64_t i = 0; i < width; i += kLanes) {
        for (std::int64_t k = 0; k < right.depth; k += kLanes) {
          turn_over(right.elements + (column + i) * right.row + k, right.row,
                    packed + column * right.depth + k * width + i, width);
        }
      }
    }
    return;
  }
  // A row goes to all panels, so that it is read on end.
  for (std::int64_t k = 0; k < right.depth; ++k) {
    for (std::int64_t column = begin; column < end; column += kStep) {
      const std::int64_t width = panel_vectors<Avx2Tiles>(column, columns) * kLanes;
      const float* const from = right.elements + k * right.row + column;
      float* const to = packed + column * right.depth + k * width;
      for (std::int64_t i = 0; i < width; i += kLanes) {
        __builtin_prefetch(from + kAhead * right.row + i);
        _mm256_store_ps(to + i, _mm256_loadu_ps(from + i));
      }
    }
  }
}

FINEMIX_AVX2 void Avx2Tiles::pack_left(const float* x, std::int64_t rows, std::int64_t width,
                                       std::int64_t begin, std::int64_t end, float* out) {
  static_assert(kRows * sizeof(float) == sizeof(__m128) && kSizeStep % kRows == 0);
  for (std::int64_t column = begin; column < end; column += kSizeStep) {
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t i = column; i < column + kSizeStep; i += kRows) {
        _mm_storeu_ps(out + i * rows + row * kRows, _mm_loadu_ps(x + row * width + i));
      }
    }
  }
}

Tile<float> Avx2Tiles::tile(std::int64_t vectors, std::int64_t rows) {
  return kTiles[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(rows - 1)];
}

bool Avx2Tiles::available() { return __builtin_cpu_supports("x86-64-v3"); }

#else

bool Avx2Tiles::available() { return false; }
Tile<float> Avx2Tiles::tile(std::int64_t, std::int64_t) { return nullptr; }
void Avx2Tiles::pack(const Right<float>&, std::int64_t, std::int64_t, std::int64_t, float*) {}
void Avx2Tiles::pack_left(const float*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                          float*) {}

#endif

}  // namespace finemix::own
