#include "model/kernels/avx512_product.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "finemix/core/intrinsics.h"
#include "finemix/model/balance.h"
#include "model/cpu_bf16.h"

// The right matrix is cut into panels of columns, which are packed: the units of the summed
// dimension lie side by side (192 bytes for each of a panel's places). Then each thread holds rows
// of its own against all of them, tile by tile of kTileRows rows. A tile's sums stay in registers:
// each unit of the left matrix is broadcast to a register and multiplied with the panel's row. A
// unit is what fills 32 bits: one fp32 number, or a pair of bf16 ones.

namespace finemix::avx512 {

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)  // as intrinsics.h says; LibTorch's headers came first
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
namespace {

constexpr std::int64_t kLanes = 16;  // of 32 bits: an fp32 sum, or a unit
constexpr std::int64_t kTileRows = 8;
constexpr std::int64_t kPanelVectors = 3;  // 24 registers of sums, which leaves 8 for the operands
constexpr std::int64_t kPanel = kPanelVectors * kLanes;  // columns
constexpr std::int64_t kSizeStep = 32;                   // sizes of layers are multiples of it

template <typename T>
constexpr std::int64_t kUnit = sizeof(std::int32_t) / sizeof(T);  // elements
template <typename T>
constexpr std::int64_t kWide = kLanes* kUnit<T>;  // elements of a register of units

// The fp32 functions hold no instruction of AVX512_BF16: only dpbf16 and cvtneps_pbh below make
// such, and compilers do not make them of fp32 arithmetic.
#define FINEMIX_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
#define FINEMIX_AVX512_INLINE \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"), always_inline)) inline

// The left matrix: within a tile, the unit of row r and place k begins at element r · row + k ·
// place; from one tile to the next are `tile` elements.
template <typename T>
struct Left {
  const T* elements;
  std::int64_t row;
  std::int64_t place;
  std::int64_t tile;
};

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
FINEMIX_AVX512_INLINE void store(__m512 sums, Bf16* to) {
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

template <typename T>
using Tile = decltype(&tile<T, 1, 1>);

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

FINEMIX_AVX512_INLINE __m512i widened(const Bf16* from) {
  return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

// Sixteen columns of a row as units: an fp32 row's own, or with a second bf16 row's; zeros stand
// for that where there is none.
FINEMIX_AVX512_INLINE __m512i units(const float* row, const float*) {
  return _mm512_loadu_si512(row);
}
FINEMIX_AVX512_INLINE __m512i units(const Bf16* row, const Bf16* second) {
  if (!second) return widened(row);
  return _mm512_or_si512(widened(row), _mm512_slli_epi32(widened(second), 16));
}

// The right matrix, (depth, columns): element (k, n) is at k · row + n or, turned over, at
// n · row + k.
enum class Layout : std::uint8_t { kRows, kTurned };
constexpr std::int64_t kAhead = 8;  // rows that are fetched before they are read

template <typename T>
struct Right {
  const T* elements;
  std::int64_t depth;
  std::int64_t row;
  Layout layout;
};

template <typename T>
constexpr std::int64_t whole_units(std::int64_t depth) {
  return (depth + kUnit<T> - 1) / kUnit<T> * kUnit<T>;
}

constexpr std::int64_t panel_vectors(std::int64_t column, std::int64_t columns) {
  return std::min(kPanel, columns - column) / kLanes;
}

// Packs the panels that begin in columns [begin, end). Panels lie one after the other: the place of
// one is whole_units(depth) elements for each column before it. The depth of what is turned is a
// multiple of kSizeStep.
template <typename T>
FINEMIX_AVX512 void pack(const Right<T>& right, std::int64_t columns, std::int64_t begin,
                         std::int64_t end, T* packed) {
  static_assert(kSizeStep % kWide<T> == 0);
  const std::int64_t depth = whole_units<T>(right.depth);
  if (right.layout == Layout::kTurned) {
    for (std::int64_t column = begin; column < end; column += kPanel) {
      const std::int64_t vectors = panel_vectors(column, columns);
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
    for (std::int64_t column = begin; column < end; column += kPanel) {
      const std::int64_t vectors = panel_vectors(column, columns);
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

// Columns [begin, end) of x, multiples of kSizeStep, as rows of a left matrix: tile by tile, and in
// it place by place, one unit of each row.
template <typename T>
FINEMIX_AVX512 void pack_left(const T* x, std::int64_t rows, std::int64_t width, std::int64_t begin,
                              std::int64_t end, T* out) {
  static_assert(2 * kTileRows == kLanes && kSizeStep % kLanes == 0);
  const std::int64_t depth = whole_units<T>(rows);
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

constexpr std::int64_t parts(std::int64_t whole, std::int64_t part) {
  return (whole + part - 1) / part;
}

// Packs all panels, over threads.
template <typename T>
void pack_panels(const Right<T>& right, std::int64_t columns, T* packed) {
  constexpr std::int64_t kTogether = 4;  // so that several lines of a row are read on end
  balanced_for(parts(columns, kPanel), kTogether, [&](std::int64_t begin, std::int64_t end) {
    pack(right, columns, begin * kPanel, std::min(columns, end * kPanel), packed);
  });
}

// A product of tiles [begin, end) of the left matrix and columns [first, last) of the right one.
struct Share {
  std::int64_t begin;
  std::int64_t end;
  std::int64_t first;
  std::int64_t last;
};

// Rows of a share go by blocks that stay in the second cache, past which the panels stream.
template <typename T>
void multiply_share(const Left<T>& left, const T* panels, std::int64_t depth, std::int64_t rows,
                    std::int64_t columns, const Share& share, T* out) {
  constexpr std::int64_t kBlockBytes = 384 << 10;
  const std::int64_t tile_bytes = kTileRows * depth * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t block = std::max<std::int64_t>(1, kBlockBytes / tile_bytes);
  for (std::int64_t begin = share.begin; begin < share.end; begin += block) {
    const std::int64_t end = std::min(share.end, begin + block);
    for (std::int64_t column = share.first; column < share.last; column += kPanel) {
      const auto& tiles = kTiles<T>[static_cast<std::size_t>(panel_vectors(column, columns) - 1)];
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t row = i * kTileRows;
        const auto count = static_cast<std::size_t>(std::min(kTileRows, rows - row));
        tiles[count - 1](left.elements + i * left.tile, left.row, left.place,
                         panels + column * depth, depth / kUnit<T>, out + row * columns + column,
                         columns);
      }
    }
  }
}

// out (rows, columns) = left · right, whose panels are packed. Each thread has rows of its own, as
// it has in the kernels before and after, whose results are then in its cache; where there are few
// rows, columns too.
template <typename T>
void multiply_packed(const Left<T>& left, const T* panels, std::int64_t depth, std::int64_t rows,
                     std::int64_t columns, T* out, PendingUpdate* beside = nullptr) {
  constexpr std::int64_t kTilesAThread = 8;  // with fewer, threads share out columns too
  constexpr std::int64_t kLeastTiles = 3;    // for fewer it is not worth reading all panels again
  const std::int64_t tiles = parts(rows, kTileRows);
  const std::int64_t panel_count = parts(columns, kPanel);
  const std::int64_t group = parts(
      panel_count, std::min(panel_count, parts(kTilesAThread * at::get_num_threads(), tiles)));
  const std::int64_t groups = parts(panel_count, group);
  const auto share = [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t first = begin / tiles * group * kPanel;
      const std::int64_t tile = begin % tiles;
      const std::int64_t last_tile = std::min(tiles, tile + end - begin);
      multiply_share(left, panels, depth, rows, columns,
                     {tile, last_tile, first, std::min(columns, first + group * kPanel)}, out);
      begin += last_tile - tile;
    }
  };
  balanced_for(groups * tiles, kLeastTiles, share, [&] { return beside && beside->do_next(); });
}

template <typename T>
void multiply(const Left<T>& left, const Right<T>& right, std::int64_t rows, std::int64_t columns,
              T* out, T* panels, PendingUpdate* beside = nullptr) {
  pack_panels(right, columns, panels);
  multiply_packed(left, panels, whole_units<T>(right.depth), rows, columns, out, beside);
}

template <typename T>
bool available() {
  if constexpr (std::is_same_v<T, float>) return __builtin_cpu_supports("x86-64-v4");
  return cpu_bf16() == CpuBf16::kAvx512 || cpu_bf16() == CpuBf16::kAvx512Half;
}

}  // namespace

template <typename T>
bool suits(std::int64_t in, std::int64_t out) {
  static const bool here = available<T>();
  return here && in % kSizeStep == 0 && out % kSizeStep == 0;
}

template <typename T>
void product(const T* x, const T* w, T* y, std::int64_t rows, std::int64_t in, std::int64_t out,
             T* scratch, PendingUpdate* beside) {
  multiply<T>({x, in, kUnit<T>, kTileRows * in}, {w, in, in, Layout::kTurned}, rows, out, y,
              scratch, beside);
}

template <typename T>
void pack_weight(const T* w, T* packed, std::int64_t in, std::int64_t out) {
  pack_panels<T>({w, in, in, Layout::kTurned}, out, packed);
}

template <typename T>
void product_packed(const T* x, const T* packed, T* y, std::int64_t rows, std::int64_t in,
                    std::int64_t out) {
  multiply_packed<T>({x, in, kUnit<T>, kTileRows * in}, packed, in, rows, out, y);
}

template <typename T>
void input_gradient(const T* dy, const T* w, T* dx, std::int64_t rows, std::int64_t in,
                    std::int64_t out, T* scratch) {
  multiply<T>({dy, out, kUnit<T>, kTileRows * out}, {w, out, in, Layout::kRows}, rows, in, dx,
              scratch);
}

template <typename T>
void weight_gradient(const T* dy, const T* x, T* dw, std::int64_t rows, std::int64_t in,
                     std::int64_t out, T* scratch) {
  T* const left = scratch + panel_scratch(rows, in);
  balanced_for(out / kSizeStep, 1, [&](std::int64_t begin, std::int64_t end) {
    pack_left(dy, rows, out, begin * kSizeStep, end * kSizeStep, left);
  });
  multiply<T>({left, kUnit<T>, kUnit<T> * kTileRows, kTileRows * whole_units<T>(rows)},
              {x, rows, in, Layout::kRows}, out, in, dw, scratch);
}

#else

template <typename T>
bool suits(std::int64_t, std::int64_t) {
  return false;
}
template <typename T>
void product(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t, T*,
             PendingUpdate*) {}
template <typename T>
void pack_weight(const T*, T*, std::int64_t, std::int64_t) {}
template <typename T>
void product_packed(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t) {}
template <typename T>
void input_gradient(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t, T*) {}
template <typename T>
void weight_gradient(const T*, const T*, T*, std::int64_t, std::int64_t, std::int64_t, T*) {}

#endif

template bool suits<float>(std::int64_t, std::int64_t);
template bool suits<Bf16>(std::int64_t, std::int64_t);
template void product(const float*, const float*, float*, std::int64_t, std::int64_t, std::int64_t,
                      float*, PendingUpdate*);
template void product(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t, std::int64_t,
                      Bf16*, PendingUpdate*);
template void pack_weight(const float*, float*, std::int64_t, std::int64_t);
template void pack_weight(const Bf16*, Bf16*, std::int64_t, std::int64_t);
template void product_packed(const float*, const float*, float*, std::int64_t, std::int64_t,
                             std::int64_t);
template void product_packed(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                             std::int64_t);
template void input_gradient(const float*, const float*, float*, std::int64_t, std::int64_t,
                             std::int64_t, float*);
template void input_gradient(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                             std::int64_t, Bf16*);
template void weight_gradient(const float*, const float*, float*, std::int64_t, std::int64_t,
                              std::int64_t, float*);
template void weight_gradient(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                              std::int64_t, Bf16*);

}  // namespace finemix::avx512
