// Whole products of the tiles of a processor (product_tiles.h). The right matrix is cut into panels
// of columns, which are packed. Then each thread holds rows of its own against all of them, tile by
// tile. Sums are fp32 in the order of the summed dimension, whatever the number of threads, and
// rounded once at the end. Nothing is compiled or set up for a number of rows, and none is rounded
// up.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

#include "finemix/model/balance.h"
#include "finemix/model/pending_update.h"
#include "model/kernels/product_tiles.h"

namespace finemix::own {

constexpr std::int64_t parts(std::int64_t whole, std::int64_t part) {
  return (whole + part - 1) / part;
}

// Packs all panels, over threads.
template <typename Tiles>
void pack_panels(const Right<typename Tiles::Element>& right, std::int64_t columns,
                 typename Tiles::Element* packed) {
  constexpr std::int64_t kTogether = 4;  // so that several lines of a row are read on end
  balanced_for(parts(columns, kPanel<Tiles>), kTogether, [&](std::int64_t begin, std::int64_t end) {
    Tiles::pack(right, columns, begin * kPanel<Tiles>, std::min(columns, end * kPanel<Tiles>),
                packed);
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
template <typename Tiles, typename T = typename Tiles::Element>
void multiply_share(const Left<T>& left, const T* panels, std::int64_t depth, std::int64_t rows,
                    std::int64_t columns, const Share& share, T* out) {
  constexpr std::int64_t kBlockBytes = 384 << 10;
  const std::int64_t tile_bytes = Tiles::kRows * depth * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t block = std::max<std::int64_t>(1, kBlockBytes / tile_bytes);
  for (std::int64_t begin = share.begin; begin < share.end; begin += block) {
    const std::int64_t end = std::min(share.end, begin + block);
    for (std::int64_t column = share.first; column < share.last; column += kPanel<Tiles>) {
      const std::int64_t vectors = panel_vectors<Tiles>(column, columns);
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t row = i * Tiles::kRows;
        const auto multiply = Tiles::tile(vectors, std::min(Tiles::kRows, rows - row));
        multiply(left.elements + i * left.tile, left.row, left.place, panels + column * depth,
                 depth / Tiles::kUnit, out + row * columns + column, columns);
      }
    }
  }
}

// out (rows, columns) = left · right, whose panels are packed. Each thread has rows of its own, as
// it has in the kernels before and after, whose results are then in its cache; where there are few
// rows, columns too.
template <typename Tiles, typename T = typename Tiles::Element>
void multiply_packed(const Left<T>& left, const T* panels, std::int64_t depth, std::int64_t rows,
                     std::int64_t columns, T* out, PendingUpdate* beside = nullptr) {
  // With fewer tiles a thread, threads share out columns too.
  constexpr std::int64_t kTilesAThread = 64 / Tiles::kRows;
  // For fewer it is not worth reading all panels again.
  constexpr std::int64_t kLeastTiles = 24 / Tiles::kRows;
  const std::int64_t tiles = parts(rows, Tiles::kRows);
  const std::int64_t panel_count = parts(columns, kPanel<Tiles>);
  const std::int64_t group = parts(
      panel_count, std::min(panel_count, parts(kTilesAThread * at::get_num_threads(), tiles)));
  const std::int64_t groups = parts(panel_count, group);
  const auto share = [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t first = begin / tiles * group * kPanel<Tiles>;
      const std::int64_t tile = begin % tiles;
      const std::int64_t last_tile = std::min(tiles, tile + end - begin);
      multiply_share<Tiles>(
          left, panels, depth, rows, columns,
          {tile, last_tile, first, std::min(columns, first + group * kPanel<Tiles>)}, out);
      begin += last_tile - tile;
    }
  };
  balanced_for(groups * tiles, kLeastTiles, share, [&] { return beside && beside->do_next(); });
}

template <typename Tiles, typename T = typename Tiles::Element>
void multiply(const Left<T>& left, const Right<T>& right, std::int64_t rows, std::int64_t columns,
              T* out, T* panels, PendingUpdate* beside = nullptr) {
  pack_panels<Tiles>(right, columns, panels);
  multiply_packed<Tiles>(left, panels, whole_units<Tiles>(right.depth), rows, columns, out, beside);
}

// The products of own_product.h.
template <typename Tiles>
struct BlockedProduct {
  using T = typename Tiles::Element;

  static void product(const T* x, const T* w, T* y, std::int64_t rows, std::int64_t in,
                      std::int64_t out, T* scratch, PendingUpdate* beside) {
    multiply<Tiles>(along_rows(x, in), {w, in, in, Layout::kTurned}, rows, out, y, scratch, beside);
  }
  static void pack_weight(const T* w, T* packed, std::int64_t in, std::int64_t out) {
    pack_panels<Tiles>({w, in, in, Layout::kTurned}, out, packed);
  }
  static void product_packed(const T* x, const T* packed, T* y, std::int64_t rows, std::int64_t in,
                             std::int64_t out) {
    multiply_packed<Tiles>(along_rows(x, in), packed, in, rows, out, y);
  }
  static void input_gradient(const T* dy, const T* w, T* dx, std::int64_t rows, std::int64_t in,
                             std::int64_t out, T* scratch) {
    multiply<Tiles>(along_rows(dy, out), {w, out, in, Layout::kRows}, rows, in, dx, scratch);
  }
  // `left` has panel_scratch(rows, out) elements.
  static void weight_gradient(const T* dy, const T* x, T* dw, std::int64_t rows, std::int64_t in,
                              std::int64_t out, T* scratch, T* left) {
    balanced_for(out / kSizeStep, 1, [&](std::int64_t begin, std::int64_t end) {
      Tiles::pack_left(dy, rows, out, begin * kSizeStep, end * kSizeStep, left);
    });
    constexpr std::int64_t kPlace = Tiles::kUnit * Tiles::kRows;
    multiply<Tiles>({left, Tiles::kUnit, kPlace, Tiles::kRows * whole_units<Tiles>(rows)},
                    {x, rows, in, Layout::kRows}, out, in, dw, scratch);
  }

 private:
  static Left<T> along_rows(const T* matrix, std::int64_t columns) {
    return {matrix, columns, Tiles::kUnit, Tiles::kRows * columns};
  }
};

}  // namespace finemix::own
