// What a processor multiplies at once: tiles of sums that stay in registers, and the layouts they
// read. blocked_product.h makes whole products of them. A unit of a matrix is what fills the 32
// bits of a lane: one fp32 number, or a pair of bf16 ones. A tile's sums are kRows × kVectors
// registers: each unit of the left matrix is broadcast to a register and multiplied with the
// panel's row.
#pragma once

#include <algorithm>
#include <cstdint>

namespace finemix::own {

inline constexpr std::int64_t kSizeStep = 32;  // sizes of layers are multiples of it

// The left matrix: within a tile, the unit of row r and place k begins at element r · row + k ·
// place; from one tile to the next are `tile` elements.
template <typename T>
struct Left {
  const T* elements;
  std::int64_t row;
  std::int64_t place;
  std::int64_t tile;
};

// The right matrix, (depth, columns): element (k, n) is at k · row + n or, turned over, at
// n · row + k.
enum class Layout : std::uint8_t { kRows, kTurned };

template <typename T>
struct Right {
  const T* elements;
  std::int64_t depth;
  std::int64_t row;
  Layout layout;
};

// out (rows, vectors) = left · panel over `places` units; out's rows are out_row elements apart.
template <typename T>
using Tile = void (*)(const T* left, std::int64_t left_row, std::int64_t left_place, const T* panel,
                      std::int64_t places, T* out, std::int64_t out_row);

// AVX-512 for T = float, and AVX512_BF16 for T = Bf16, whose instruction adds the products of two
// neighbouring pairs to an fp32 sum.
template <typename T>
struct Avx512Tiles {
  using Element = T;
  static constexpr std::int64_t kLanes = 16;  // of a register
  static constexpr std::int64_t kRows = 8;
  static constexpr std::int64_t kVectors = 3;
  static constexpr std::int64_t kUnit = 4 / sizeof(T);  // elements

  // Whether it can run here, and is at least as fast as LibTorch, as far as measured.
  static bool available();
  static Tile<T> tile(std::int64_t vectors, std::int64_t rows);
  // Packs the panels that begin in columns [begin, end): the units that a panel's columns have at
  // one place of the summed dimension lie side by side, in kVectors registers or fewer. Panels lie
  // one after the other: the place of one is whole_units(depth) elements for each column before it.
  // The depth of what is turned is a multiple of kSizeStep.
  static void pack(const Right<T>& right, std::int64_t columns, std::int64_t begin,
                   std::int64_t end, T* packed);
  // Columns [begin, end) of x (rows, width), multiples of kSizeStep, as rows of a left matrix: tile
  // by tile, and in it place by place, one unit of each row.
  static void pack_left(const T* x, std::int64_t rows, std::int64_t width, std::int64_t begin,
                        std::int64_t end, T* out);
};

// AVX2 and FMA.
struct Avx2Tiles {
  using Element = float;
  static constexpr std::int64_t kLanes = 8;
  static constexpr std::int64_t kRows = 4;
  static constexpr std::int64_t kVectors = 3;
  static constexpr std::int64_t kUnit = 1;

  static bool available();
  static Tile<float> tile(std::int64_t vectors, std::int64_t rows);
  static void pack(const Right<float>& right, std::int64_t columns, std::int64_t begin,
                   std::int64_t end, float* packed);
  static void pack_left(const float* x, std::int64_t rows, std::int64_t width, std::int64_t begin,
                        std::int64_t end, float* out);
};

template <typename Tiles>
inline constexpr std::int64_t kPanel = Tiles::kLanes* Tiles::kVectors;  // columns

// Of the panel that begins in this column.
template <typename Tiles>
constexpr std::int64_t panel_vectors(std::int64_t column, std::int64_t columns) {
  return std::min(kPanel<Tiles>, columns - column) / Tiles::kLanes;
}

template <typename Tiles>
constexpr std::int64_t whole_units(std::int64_t depth) {
  return (depth + Tiles::kUnit - 1) / Tiles::kUnit * Tiles::kUnit;
}

}  // namespace finemix::own
