#include "model/kernels/simd/functions.h"
#include "model/kernels/simd/small_product.h"

// One head of one text at a time, with fp32 sums, in buffers that stay in the cache. Scores are
// made for a block of queries, never for all; the backward pass makes them anew from two numbers a
// query (Dao et al., FlashAttention, NeurIPS 2022). Rows of the buffers are padded to whole
// vectors.

namespace finemix::simd::FINEMIX_ISA {
namespace {

constexpr std::int64_t kBlock = 32;  // queries

// `length` rows of one head with the bias added, as factors whose units lie along the rows:
// to[row][padded(size)], zeros after the last number. The first line of the next head, which lies
// beside this one in rows that are far apart, is fetched meanwhile.
template <typename T, typename Unit>
void read_rows(const T* from, std::int64_t stride, const float* bias, std::int64_t length,
               std::int64_t size, Unit* to) {
  using Element = typename Factor<T>::Element;
  for (std::int64_t row = 0; row < length; ++row) {
    auto* const out = reinterpret_cast<Element*>(to + row * padded(size));
    __builtin_prefetch(from + row * stride + size);
    for_lanes(size, [&](std::int64_t i, std::int64_t count) {
      F32 value = load(from + row * stride + i, count);
      if (bias) value += load(bias + i, count);
      store(out + i, value);
    });
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

// Memory for one call; all parts begin at a multiple of a vector.
struct Scratch {
  template <typename Unit>
  Unit* take(std::int64_t count) {
    float* const from = next;
    next += padded(count);
    return reinterpret_cast<Unit*>(from);
  }

  float* next;
};

}  // namespace

template <typename T>
void attention_forward(const AttentionForward<T>& call, std::int64_t text, std::int64_t head,
                       float* scratch) {
  using Element = typename Factor<T>::Element;
  using Unit = typename Factor<T>::Unit;
  const AttentionInputs<T>& in = call.in;
  const Head<T> at(in, text, head);
  const std::int64_t size = in.head_size;
  const std::int64_t row_size = padded(size);
  const std::int64_t width = padded(at.length);
  const std::int64_t bias = head * size;
  Scratch places{scratch};
  Unit* const rows = places.take<Unit>(at.length * row_size);
  Unit* const keys_over = places.take<Unit>(size * width);
  Unit* const paired = places.take<Unit>(units<T>(at.length) * row_size);
  Unit* const queries = places.take<Unit>(kBlock * row_size);
  float* const scores = places.take<float>(kBlock * width);
  float* const context = places.take<float>(kBlock * row_size);
  read_rows(in.keys + at.key_place, in.key_stride, in.key_bias + bias, at.length, size, rows);
  turn_over(rows, row_size, at.length, units<T>(size), keys_over);
  read_rows(in.values + at.key_place, in.key_stride, in.value_bias + bias, at.length, size, rows);
  const Unit* const values = units_over_rows(rows, row_size, at.length, row_size, paired);
  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));

  for (std::int64_t begin = 0; begin < at.queries; begin += kBlock) {
    const std::int64_t count = at.queries - begin < kBlock ? at.queries - begin : kBlock;
    read_rows(in.queries + at.query_place + begin * in.query_stride, in.query_stride,
              in.query_bias + bias, count, size, queries);
    multiply<Unit>(count, width, units<T>(size), {queries, row_size, 1}, keys_over, width, scores,
                   width, false);
    for (std::int64_t q = 0; q < count; ++q) {
      float* const row = scores + q * width;
      F32 most = splat(kNone);
      for_lanes(at.length, [&](std::int64_t i, std::int64_t lanes) {
        const F32 score = only(load(row + i) * scale, lanes, kNone);
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
      // In the place of the scores: an element is no larger than a float, so no score is written
      // over before it is read.
      auto* const shares = reinterpret_cast<Element*>(row);
      for_lanes(at.length, [&](std::int64_t i, std::int64_t) {
        F32 share = load(row + i) * inverse;
        if (at.mask) {
          share = dropped(share, at.mask + (begin + q) * at.mask_words_a_row, i, in.mask.scale);
        }
        store(shares + i, share);
      });
      if (call.stats) {
        float* const stats = call.stats + ((at.first_query + begin + q) * in.heads + head) * 2;
        stats[0] = top;
        stats[1] = inverse;
      }
    }
    multiply<Unit>(count, row_size, units<T>(at.length),
                   {reinterpret_cast<const Unit*>(scores), width, 1}, values, row_size, context,
                   row_size, false);
    const std::int64_t hidden = in.heads * size;
    write_rows(context, count, size, 1.0f, call.context + (at.first_query + begin) * hidden + bias,
               hidden);
  }
}

template <typename T>
void attention_backward(const AttentionBackward<T>& call, std::int64_t text, std::int64_t head,
                        float* scratch) {
  using Element = typename Factor<T>::Element;
  using Unit = typename Factor<T>::Unit;
  const AttentionInputs<T>& in = call.in;
  const Head<T> at(in, text, head);
  const std::int64_t size = in.head_size;
  const std::int64_t row_size = padded(size);
  const std::int64_t width = padded(at.length);
  const std::int64_t bias = head * size;
  const std::int64_t hidden = in.heads * size;
  Scratch places{scratch};
  Unit* const rows = places.take<Unit>(at.length * row_size);
  Unit* const keys_over = places.take<Unit>(size * width);
  Unit* const values_over = places.take<Unit>(size * width);
  Unit* const key_pairs = places.take<Unit>(units<T>(at.length) * row_size);
  float* const d_keys = places.take<float>(at.length * row_size);
  float* const d_values = places.take<float>(at.length * row_size);
  Unit* const query_rows = places.take<Unit>(kBlock * row_size);
  Unit* const query_pairs = places.take<Unit>(units<T>(kBlock) * row_size);
  Unit* const d_context_rows = places.take<Unit>(kBlock * row_size);
  Unit* const d_context_pairs = places.take<Unit>(units<T>(kBlock) * row_size);
  float* const d_queries = places.take<float>(kBlock * row_size);
  float* const share_rows = places.take<float>(kBlock * width);
  Unit* const share_pairs = places.take<Unit>(units<T>(kBlock) * width);
  float* const d_score_rows = places.take<float>(kBlock * width);
  Unit* const d_score_pairs = places.take<Unit>(units<T>(kBlock) * width);
  read_rows(in.values + at.key_place, in.key_stride, in.value_bias + bias, at.length, size, rows);
  turn_over(rows, row_size, at.length, units<T>(size), values_over);
  read_rows(in.keys + at.key_place, in.key_stride, in.key_bias + bias, at.length, size, rows);
  turn_over(rows, row_size, at.length, units<T>(size), keys_over);
  const Unit* const keys = units_over_rows(rows, row_size, at.length, row_size, key_pairs);
  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(size));

  for (std::int64_t begin = 0; begin < at.queries; begin += kBlock) {
    const std::int64_t count = at.queries - begin < kBlock ? at.queries - begin : kBlock;
    read_rows(in.queries + at.query_place + begin * in.query_stride, in.query_stride,
              in.query_bias + bias, count, size, query_rows);
    read_rows(call.d_context + (at.first_query + begin) * hidden + bias, hidden, nullptr, count,
              size, d_context_rows);
    multiply<Unit>(count, width, units<T>(size), {query_rows, row_size, 1}, keys_over, width,
                   share_rows, width, false);
    multiply<Unit>(count, width, units<T>(size), {d_context_rows, row_size, 1}, values_over, width,
                   d_score_rows, width, false);
    for (std::int64_t q = 0; q < count; ++q) {
      float* const share_row = share_rows + q * width;
      float* const d_row = d_score_rows + q * width;
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
      // In the place of what they are made from, as in the forward pass.
      auto* const shares = reinterpret_cast<Element*>(share_row);
      auto* const d_scores = reinterpret_cast<Element*>(d_row);
      for_lanes(at.length, [&](std::int64_t i, std::int64_t) {
        const F32 share = load(share_row + i);
        store(d_scores + i, share * (load(d_row + i) - mean));
        store(shares + i, mask ? dropped(share, mask, i, in.mask.scale) : share);
      });
    }
    const auto* const all_shares = reinterpret_cast<const Unit*>(share_rows);
    const auto* const all_d_scores = reinterpret_cast<const Unit*>(d_score_rows);
    const bool add = begin > 0;
    multiply<Unit>(at.length, row_size, units<T>(count),
                   {units_over_rows(all_shares, width, count, width, share_pairs), 1, width},
                   units_over_rows(d_context_rows, row_size, count, row_size, d_context_pairs),
                   row_size, d_values, row_size, add);
    multiply<Unit>(at.length, row_size, units<T>(count),
                   {units_over_rows(all_d_scores, width, count, width, d_score_pairs), 1, width},
                   units_over_rows(query_rows, row_size, count, row_size, query_pairs), row_size,
                   d_keys, row_size, add);
    multiply<Unit>(count, row_size, units<T>(at.length), {all_d_scores, width, 1}, keys, row_size,
                   d_queries, row_size, false);
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
