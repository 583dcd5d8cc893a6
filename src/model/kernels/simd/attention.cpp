#include "model/kernels/simd/functions.h"
#include "model/kernels/simd/lanes.h"

// One head of one text at a time, in fp32, in buffers that stay in the cache. Scores are made for a
// block of queries, never for all; the backward pass makes them anew from two numbers a query
// (Dao et al., FlashAttention, NeurIPS 2022). Rows of the buffers are padded to whole vectors.

namespace finemix::simd::FINEMIX_ISA {
namespace {

constexpr std::int64_t kBlock = 32;  // queries

constexpr std::int64_t padded(std::int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// A matrix read element by element: element (m, k) is at from[m · row + k · column].
struct Operand {
  const float* from;
  std::int64_t row;
  std::int64_t column;
};

// c (Rows, Vectors · 16) = or += a (Rows, depth) · b (depth, …), kept in registers meanwhile.
template <int Rows, int Vectors>
FINEMIX_INLINE void tile(Operand a, const float* b, std::int64_t b_stride, std::int64_t depth,
                         float* c, std::int64_t c_stride, bool add) {
  F32 sums[Rows][Vectors];
  for (int m = 0; m < Rows; ++m) {
    for (int v = 0; v < Vectors; ++v) {
      sums[m][v] = add ? load(c + m * c_stride + v * kLanes) : F32{};
    }
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    F32 columns[Vectors];
    for (int v = 0; v < Vectors; ++v) columns[v] = load(b + k * b_stride + v * kLanes);
    for (int m = 0; m < Rows; ++m) {
      const float value = a.from[m * a.row + k * a.column];
      for (int v = 0; v < Vectors; ++v) sums[m][v] += value * columns[v];
    }
  }
  for (int m = 0; m < Rows; ++m) {
    for (int v = 0; v < Vectors; ++v) store(c + m * c_stride + v * kLanes, sums[m][v]);
  }
}

template <int Vectors>
FINEMIX_INLINE void rows_of_tiles(std::int64_t rows, Operand a, const float* b,
                                  std::int64_t b_stride, std::int64_t depth, float* c,
                                  std::int64_t c_stride, bool add) {
  constexpr int kRows = Vectors == 4 ? 5 : 8;
  std::int64_t m = 0;
  const auto at = [&](std::int64_t row) { return Operand{a.from + row * a.row, a.row, a.column}; };
  for (; m + kRows <= rows; m += kRows) {
    tile<kRows, Vectors>(at(m), b, b_stride, depth, c + m * c_stride, c_stride, add);
  }
  for (; m + 2 <= rows; m += 2) {
    tile<2, Vectors>(at(m), b, b_stride, depth, c + m * c_stride, c_stride, add);
  }
  if (m < rows) tile<1, Vectors>(at(m), b, b_stride, depth, c + m * c_stride, c_stride, add);
}

// c (rows, columns) = or += a (rows, depth) · b (depth, columns); columns is a multiple of 16.
[[gnu::noinline]] void multiply(std::int64_t rows, std::int64_t columns, std::int64_t depth,
                                Operand a, const float* b, std::int64_t b_stride, float* c,
                                std::int64_t c_stride, bool add) {
  std::int64_t n = 0;
  for (; n + 4 * kLanes <= columns; n += 4 * kLanes) {
    rows_of_tiles<4>(rows, a, b + n, b_stride, depth, c + n, c_stride, add);
  }
  for (; n + 2 * kLanes <= columns; n += 2 * kLanes) {
    rows_of_tiles<2>(rows, a, b + n, b_stride, depth, c + n, c_stride, add);
  }
  if (n < columns) rows_of_tiles<1>(rows, a, b + n, b_stride, depth, c + n, c_stride, add);
}

// `length` rows of one head with the bias added, as floats: row by row, to[row][padded(size)] …
// The next head, which lies beside this one in rows that are far apart, is fetched meanwhile.
template <typename T>
void read_rows(const T* from, std::int64_t stride, const float* bias, std::int64_t length,
               std::int64_t size, float* to) {
  for (std::int64_t row = 0; row < length; ++row) {
    __builtin_prefetch(from + row * stride + size);
    for_lanes(size, [&](std::int64_t i, std::int64_t count) {
      F32 value = load(from + row * stride + i, count);
      if (bias) value += load(bias + i, count);
      store(to + row * padded(size) + i, value);
    });
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

// … and turned over: to[element][padded(length)] of from[row][padded(size)]; zeros after the last
// row.
void turn_over(const float* from, std::int64_t length, std::int64_t size, float* to) {
  const std::int64_t width = padded(length);
  for (std::int64_t begin = 0; begin < width; begin += kLanes) {
    for (std::int64_t i = 0; i < size; i += kLanes) {
      F32 rows[kLanes];
      for (std::int64_t row = 0; row < kLanes; ++row) {
        rows[row] = begin + row < length ? load(from + (begin + row) * padded(size) + i) : F32{};
      }
      turn_over_square(rows);
      const std::int64_t lines = size - i < kLanes ? size - i : kLanes;
      for (std::int64_t line = 0; line < lines; ++line) {
        store(to + (i + line) * width + begin, rows[line]);
      }
    }
  }
}

template <typename T>
void write_rows(const float* from, std::int64_t length, std::int64_t size, float scale, T* to,
                std::int64_t stride) {
  for (std::int64_t row = 0; row < length; ++row) {
    for_lanes(size, [&](std::int64_t i, std::int64_t count) {
      store(to + row * stride + i, load(from + row * padded(size) + i) * scale, count);
    });
  }
}

// One head of one text: where its parts are, and how many.
template <typename T>
struct Head {
  Head(const AttentionInputs<T>& in, std::int64_t text, std::int64_t head)
      : length(in.offsets[text + 1] - in.offsets[text]),
        queries(in.first_only ? 1 : length),
        first_query(in.first_only ? text : in.offsets[text]),
        query_place(first_query * in.query_stride + head * in.head_size),
        key_place(in.offsets[text] * in.key_stride + head * in.head_size),
        mask_words_a_row(mask_words(length)) {
    if (in.mask.words) {
      mask = in.mask.words + in.mask_places[text] + head * queries * mask_words_a_row;
    }
  }

  std::int64_t length;  // keys
  std::int64_t queries;
  std::int64_t first_query;
  std::int64_t query_place;
  std::int64_t key_place;
  std::int64_t mask_words_a_row;
  const std::uint32_t* mask = nullptr;
};

constexpr float kNone = -1e30f;

}  // namespace

template <typename T>
void attention_forward(const AttentionForward<T>& call, std::int64_t text, std::int64_t head,
                       float* scratch) {
  const AttentionInputs<T>& in = call.in;
  const Head<T> at(in, text, head);
  const std::int64_t size = in.head_size;
  const std::int64_t row_size = padded(size);
  const std::int64_t width = padded(at.length);
  const std::int64_t bias = head * size;
  float* const values = scratch;                        // (length, row_size)
  float* const keys_over = values + width * row_size;   // (size, width)
  float* const queries = keys_over + width * row_size;  // (block, row_size)
  float* const scores = queries + kBlock * row_size;    // (block, width)
  float* const context = scores + kBlock * width;       // (block, row_size)
  read_rows(in.keys + at.key_place, in.key_stride, in.key_bias + bias, at.length, size, values);
  turn_over(values, at.length, size, keys_over);
  read_rows(in.values + at.key_place, in.key_stride, in.value_bias + bias, at.length, size, values);
  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));

  for (std::int64_t begin = 0; begin < at.queries; begin += kBlock) {
    const std::int64_t count = at.queries - begin < kBlock ? at.queries - begin : kBlock;
    read_rows(in.queries + at.query_place + begin * in.query_stride, in.query_stride,
              in.query_bias + bias, count, size, queries);
    multiply(count, width, size, {queries, row_size, 1}, keys_over, width, scores, width, false);
    for (std::int64_t q = 0; q < count; ++q) {
      float* const row = scores + q * width;
      F32 most = splat(kNone);
      for_lanes(at.length, [&](std::int64_t i, std::int64_t lanes) {
        const F32 score = lane_numbers() < static_cast<std::int32_t>(lanes) ? load(row + i) * scale
                                                                            : splat(kNone);
        store(row + i, score);
        most = larger(most, score);
      });
      const float top = largest(most);
      F32 total{};
      for_lanes(at.length, [&](std::int64_t i, std::int64_t lanes) {
        const F32 weight = only(exp(load(row + i) - top), lanes);
        store(row + i, weight);
        total += weight;
      });
      const float inverse = 1.0f / sum(total);
      for_lanes(at.length, [&](std::int64_t i, std::int64_t) {
        F32 share = load(row + i) * inverse;
        if (at.mask) {
          share = dropped(share, at.mask + (begin + q) * at.mask_words_a_row, i, in.mask.scale);
        }
        store(row + i, share);
      });
      if (call.stats) {
        float* const stats = call.stats + ((at.first_query + begin + q) * in.heads + head) * 2;
        stats[0] = top;
        stats[1] = inverse;
      }
    }
    multiply(count, row_size, at.length, {scores, width, 1}, values, row_size, context, row_size,
             false);
    const std::int64_t hidden = in.heads * size;
    write_rows(context, count, size, 1.0f, call.context + (at.first_query + begin) * hidden + bias,
               hidden);
  }
}

template <typename T>
void attention_backward(const AttentionBackward<T>& call, std::int64_t text, std::int64_t head,
                        float* scratch) {
  const AttentionInputs<T>& in = call.in;
  const Head<T> at(in, text, head);
  const std::int64_t size = in.head_size;
  const std::int64_t row_size = padded(size);
  const std::int64_t width = padded(at.length);
  const std::int64_t bias = head * size;
  const std::int64_t hidden = in.heads * size;
  float* const keys = scratch;                       // (length, row_size)
  float* const keys_over = keys + width * row_size;  // (size, width)
  float* const values_over = keys_over + width * row_size;
  float* const d_keys = values_over + width * row_size;  // (length, row_size)
  float* const d_values = d_keys + width * row_size;
  float* const queries = d_values + width * row_size;  // (block, row_size), as d_context, d_queries
  float* const d_context = queries + kBlock * row_size;
  float* const d_queries = d_context + kBlock * row_size;
  float* const shares = d_queries + kBlock * row_size;  // (block, width), as d_scores
  float* const d_scores = shares + kBlock * width;
  read_rows(in.values + at.key_place, in.key_stride, in.value_bias + bias, at.length, size, keys);
  turn_over(keys, at.length, size, values_over);
  read_rows(in.keys + at.key_place, in.key_stride, in.key_bias + bias, at.length, size, keys);
  turn_over(keys, at.length, size, keys_over);
  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));

  for (std::int64_t begin = 0; begin < at.queries; begin += kBlock) {
    const std::int64_t count = at.queries - begin < kBlock ? at.queries - begin : kBlock;
    read_rows(in.queries + at.query_place + begin * in.query_stride, in.query_stride,
              in.query_bias + bias, count, size, queries);
    read_rows(call.d_context + (at.first_query + begin) * hidden + bias, hidden,
              static_cast<const float*>(nullptr), count, size, d_context);
    multiply(count, width, size, {queries, row_size, 1}, keys_over, width, shares, width, false);
    multiply(count, width, size, {d_context, row_size, 1}, values_over, width, d_scores, width,
             false);
    for (std::int64_t q = 0; q < count; ++q) {
      float* const share_row = shares + q * width;
      float* const d_row = d_scores + q * width;
      const float* const stats = call.stats + ((at.first_query + begin + q) * in.heads + head) * 2;
      const std::uint32_t* const mask =
          at.mask ? at.mask + (begin + q) * at.mask_words_a_row : nullptr;
      const float top = stats[0];
      const float inverse = stats[1];
      F32 products{};
      for_lanes(at.length, [&](std::int64_t i, std::int64_t lanes) {
        const F32 share = only(exp(load(share_row + i) * scale - top) * inverse, lanes);
        F32 d_share = load(d_row + i);
        if (mask) d_share = dropped(d_share, mask, i, in.mask.scale);
        store(share_row + i, share);
        store(d_row + i, d_share);
        products += share * d_share;
      });
      const float mean = sum(products);
      for_lanes(at.length, [&](std::int64_t i, std::int64_t) {
        const F32 share = load(share_row + i);
        store(d_row + i, share * (load(d_row + i) - mean));
        if (mask) store(share_row + i, dropped(share, mask, i, in.mask.scale));
      });
    }
    const bool add = begin > 0;
    multiply(at.length, row_size, count, {shares, 1, width}, d_context, row_size, d_values,
             row_size, add);
    multiply(at.length, row_size, count, {d_scores, 1, width}, queries, row_size, d_keys, row_size,
             add);
    multiply(count, row_size, at.length, {d_scores, width, 1}, keys, row_size, d_queries, row_size,
             false);
    write_rows(d_queries, count, size, scale,
               call.d_queries + at.query_place + begin * in.query_stride, in.query_stride);
  }
  write_rows(d_keys, at.length, size, scale, call.d_keys + at.key_place, in.key_stride);
  write_rows(d_values, at.length, size, 1.0f, call.d_values + at.key_place, in.key_stride);
}

template void attention_forward(const AttentionForward<float>&, std::int64_t, std::int64_t, float*);
template void attention_forward(const AttentionForward<Bf16>&, std::int64_t, std::int64_t, float*);
template void attention_backward(const AttentionBackward<float>&, std::int64_t, std::int64_t,
                                 float*);
template void attention_backward(const AttentionBackward<Bf16>&, std::int64_t, std::int64_t,
                                 float*);

}  // namespace finemix::simd::FINEMIX_ISA
