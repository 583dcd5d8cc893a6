#include "model/kernels/bf16_product.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "finemix/core/intrinsics.h"
#include "model/cpu_bf16.h"

// A product is made panel by panel of the right matrix's columns. A panel is packed, which puts the
// pairs of the summed dimension side by side, into memory that stays in the second cache; then each
// tile of kTileRows rows of the left matrix is held against it. A tile's sums stay in registers:
// each pair of the left matrix is broadcast to a register and multiplied with the panel's row.

namespace finemix::bf16 {

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)  // as intrinsics.h says; LibTorch's headers came first
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
namespace {

constexpr std::int64_t kLanes = 16;          // of 32 bits: an fp32 sum, or a pair
constexpr std::int64_t kPairs = 2 * kLanes;  // elements in a register of pairs
constexpr std::int64_t kTileRows = 8;
constexpr std::int64_t kPanelVectors = 3;  // 24 registers of sums, which leaves 8 for the operands
constexpr std::int64_t kPanel = kPanelVectors * kLanes;  // columns

#define FINEMIX_TARGET target("avx512f,avx512bw,avx512vl,avx512bf16")
#define FINEMIX_BF16 __attribute__((FINEMIX_TARGET))
#define FINEMIX_BF16_INLINE __attribute__((FINEMIX_TARGET, always_inline)) inline

// The left matrix: within a tile, the pair of row r and place k begins at element r · row + k ·
// place; from one tile to the next are `tile` elements.
struct Left {
  const Bf16* elements;
  std::int64_t row;
  std::int64_t place;
  std::int64_t tile;
};

FINEMIX_BF16_INLINE __m512i broadcast_pair(const Bf16* from) {
  int pair = 0;
  __builtin_memcpy(&pair, from, sizeof(pair));
  return _mm512_set1_epi32(pair);
}

template <int kRows, int kVectors>
FINEMIX_BF16 void tile(const Bf16* left, std::int64_t left_row, std::int64_t left_place,
                       const Bf16* panel, std::int64_t pairs, Bf16* out, std::int64_t out_row) {
  __m512 sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_setzero_ps();
  }
  for (std::int64_t k = 0; k < pairs; ++k) {
    __m512i right[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) right[v] = _mm512_load_si512(panel + kPairs * v);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const __m512i pair = broadcast_pair(left + r * left_row);
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        sums[r][v] = _mm512_dpbf16_ps(sums[r][v], reinterpret_cast<__m512bh>(pair),
                                      reinterpret_cast<__m512bh>(right[v]));
      }
    }
    left += left_place;
    panel += kVectors * kPairs;
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const auto halves = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(sums[r][v]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + r * out_row + kLanes * v), halves);
    }
  }
}

using Tile = decltype(&tile<1, 1>);

template <int kVectors, std::size_t... kRows>
constexpr std::array<Tile, kTileRows> tiles_of(std::index_sequence<kRows...>) {
  return {tile<static_cast<int>(kRows) + 1, kVectors>...};
}
// By vectors − 1 and rows − 1.
constexpr std::array<std::array<Tile, kTileRows>, kPanelVectors> kTiles = {
    tiles_of<1>(std::make_index_sequence<kTileRows>()),
    tiles_of<2>(std::make_index_sequence<kTileRows>()),
    tiles_of<3>(std::make_index_sequence<kTileRows>())};

// Turns a square of 16 × 16 pairs over. Strides are in elements.
FINEMIX_BF16_INLINE void turn_over(const Bf16* from, std::int64_t from_row, Bf16* out,
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
    Bf16* const to = out + j * out_row;
    _mm512_storeu_si512(to, _mm512_shuffle_i32x4(even_front, even_back, 0x88));
    _mm512_storeu_si512(to + 4 * out_row, _mm512_shuffle_i32x4(odd_front, odd_back, 0x88));
    _mm512_storeu_si512(to + 8 * out_row, _mm512_shuffle_i32x4(even_front, even_back, 0xDD));
    _mm512_storeu_si512(to + 12 * out_row, _mm512_shuffle_i32x4(odd_front, odd_back, 0xDD));
  }
}

FINEMIX_BF16_INLINE __m512i widened(const Bf16* from) {
  return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

// Sixteen columns of two rows as pairs; without a second row its place is zeros.
FINEMIX_BF16_INLINE __m512i paired(const Bf16* first, const Bf16* second) {
  if (!second) return widened(first);
  return _mm512_or_si512(widened(first), _mm512_slli_epi32(widened(second), 16));
}

// The right matrix, (depth, columns): element (k, n) is at k · row + n or, turned over, at
// n · row + k.
struct Right {
  const Bf16* elements;
  std::int64_t depth;
  std::int64_t row;
  bool turned;
};

// Packs the panel that begins at `column` and has `vectors` · 16 of them.
FINEMIX_BF16 void pack(const Right& right, std::int64_t column, std::int64_t vectors, Bf16* panel) {
  const Bf16* const from = right.elements + (right.turned ? column * right.row : column);
  if (right.turned) {
    for (std::int64_t k = 0; k < right.depth; k += kPairs) {
      for (std::int64_t v = 0; v < vectors; ++v) {
        turn_over(from + v * kLanes * right.row + k, right.row,
                  panel + k * vectors * kLanes + v * kPairs, vectors * kPairs);
      }
    }
    return;
  }
  for (std::int64_t k = 0; k < right.depth; k += 2) {
    for (std::int64_t v = 0; v < vectors; ++v, panel += kPairs) {
      const Bf16* const first = from + k * right.row + v * kLanes;
      _mm512_store_si512(panel, paired(first, k + 1 < right.depth ? first + right.row : nullptr));
    }
  }
}

// Columns [begin, end) of x, multiples of 32, as rows of a left matrix: tile by tile, and in it
// place by place, one pair of each row.
FINEMIX_BF16 void pack_left(const Bf16* x, std::int64_t rows, std::int64_t width,
                            std::int64_t begin, std::int64_t end, Bf16* out) {
  static_assert(2 * kTileRows == kLanes);
  const std::int64_t depth = (rows + 1) / 2 * 2;
  for (std::int64_t column = begin; column < end; column += 2 * kLanes) {
    for (std::int64_t row = 0; row < rows; row += 2) {
      for (std::int64_t i = column; i < column + 2 * kLanes; i += kLanes) {
        const Bf16* const first = x + row * width + i;
        const __m512i both = paired(first, row + 1 < rows ? first + width : nullptr);
        Bf16* const to = out + i * depth + row * kTileRows;
        Bf16* const next = to + kTileRows * depth;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(both));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(next), _mm512_extracti64x4_epi64(both, 1));
      }
    }
  }
}

// Memory that begins at a cache line.
struct alignas(64) Line {
  Bf16 elements[kPairs];
};

// How a product's tiles are shared out: panels, and blocks of rows where there are few panels.
struct Blocks {
  std::int64_t panels;
  std::int64_t count;  // a panel
  std::int64_t rows;   // a block; a multiple of a tile's

  Blocks(std::int64_t all_rows, std::int64_t columns) : panels((columns + kPanel - 1) / kPanel) {
    const std::int64_t threads = at::get_num_threads();
    // Each thread packs the panels of its blocks, so no more than even out the threads' work.
    const std::int64_t wanted = panels % threads == 0 ? 1 : (4 * threads + panels - 1) / panels;
    const std::int64_t tiles = (all_rows + kTileRows - 1) / kTileRows;
    rows = std::max<std::int64_t>(1, (tiles + wanted - 1) / wanted) * kTileRows;
    count = std::max<std::int64_t>(1, (all_rows + rows - 1) / rows);
  }
};

// out (rows, columns) = left · right.
void multiply(const Left& left, const Right& right, std::int64_t rows, std::int64_t columns,
              Bf16* out) {
  const Blocks blocks(rows, columns);
  const std::int64_t pairs = (right.depth + 1) / 2;
  at::parallel_for(0, blocks.panels * blocks.count, 1, [&](std::int64_t begin, std::int64_t end) {
    thread_local std::vector<Line> lines;
    const auto room = static_cast<std::size_t>(pairs * kPanelVectors);
    if (lines.size() < room) lines.resize(room);
    Bf16* const panel = lines.front().elements;
    std::int64_t packed = -1;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t column = i / blocks.count * kPanel;
      const std::int64_t vectors = std::min(kPanel, columns - column) / kLanes;
      if (packed != column) pack(right, column, vectors, panel);
      packed = column;
      const auto& tiles = kTiles[static_cast<std::size_t>(vectors - 1)];
      const std::int64_t first = i % blocks.count * blocks.rows;
      const std::int64_t last = std::min(rows, first + blocks.rows);
      for (std::int64_t row = first; row < last; row += kTileRows) {
        const std::int64_t count = std::min(kTileRows, last - row);
        tiles[static_cast<std::size_t>(count - 1)](left.elements + row / kTileRows * left.tile,
                                                   left.row, left.place, panel, pairs,
                                                   out + row * columns + column, columns);
      }
    }
  });
}

}  // namespace

bool suits(std::int64_t in, std::int64_t out) {
  static const bool available =
      cpu_bf16() == CpuBf16::kAvx512 || cpu_bf16() == CpuBf16::kAvx512Half;
  return available && in % (2 * kLanes) == 0 && out % (2 * kLanes) == 0;
}

void product(const Bf16* x, const Bf16* w, Bf16* y, std::int64_t rows, std::int64_t in,
             std::int64_t out) {
  multiply({x, in, 2, kTileRows * in}, {w, in, in, true}, rows, out, y);
}

void input_gradient(const Bf16* dy, const Bf16* w, Bf16* dx, std::int64_t rows, std::int64_t in,
                    std::int64_t out) {
  multiply({dy, out, 2, kTileRows * out}, {w, out, in, false}, rows, in, dx);
}

void weight_gradient(const Bf16* dy, const Bf16* x, Bf16* dw, std::int64_t rows, std::int64_t in,
                     std::int64_t out, Bf16* scratch) {
  const std::int64_t depth = (rows + 1) / 2 * 2;
  at::parallel_for(0, out / (2 * kLanes), 1, [&](std::int64_t begin, std::int64_t end) {
    pack_left(dy, rows, out, begin * 2 * kLanes, end * 2 * kLanes, scratch);
  });
  multiply({scratch, 2, 2 * kTileRows, kTileRows * depth}, {x, rows, in, false}, out, in, dw);
}

#else

bool suits(std::int64_t, std::int64_t) { return false; }
void product(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t, std::int64_t) {}
void input_gradient(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t, std::int64_t) {}
void weight_gradient(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t, std::int64_t,
                     Bf16*) {}

#endif

}  // namespace finemix::bf16
