// The loops over rows and elements of a training step on a CPU, with everything but matrix products
// fused into few passes. T is the type in which the operands of matrix products are stored, float
// or Bf16; all arithmetic is fp32, but that attention multiplies bf16 where the CPU gains by it.
// Functions work on a range of rows, so that callers spread them over threads; sums over rows are
// per range, for the caller to add up in a fixed order.
#pragma once

#include <cstdint>

#include "finemix/model/config.h"

namespace finemix::simd {

using Bf16 = std::uint16_t;

// Words of a dropout mask's row of n elements.
constexpr std::int64_t mask_words(std::int64_t n) { return (n + 31) / 32; }

// A mask of bits, each row beginning a new word; no mask when `words` is null.
struct Mask {
  const std::uint32_t* words = nullptr;
  float scale = 1;  // of what is kept
};

// sum = residual + mask(branch + bias); out = out_mask(LayerNorm(sum)). Rows have `hidden`
// elements.
template <typename T>
struct NormForward {
  std::int64_t hidden;
  const T* branch;    // null: `sum` is there already
  const float* bias;  // (hidden), of the branch
  Mask mask;
  const float* residual;
  const float* gamma;
  const float* beta;
  float epsilon;
  Mask out_mask;
  float* sum;
  float* mean;  // (rows)
  float* rstd;  // (rows), 1 / standard deviation
  float* out;
  T* out_operand;  // the same as T; may be null
};

// The gradients of NormForward's inputs from that of `out`, which is d_out + d_operand.
template <typename T>
struct NormBackward {
  std::int64_t hidden;
  const float* d_out;  // may be null
  const T* d_operand;  // may be null
  const float* sum;
  const float* mean;
  const float* rstd;
  const float* gamma;
  Mask mask;
  Mask out_mask;
  float* d_sum;  // also that of the residual; may be d_out's own place
  T* d_branch;   // null when there was no branch
};

// y = activation(x + bias).
template <typename T>
struct ActivationForward {
  Activation activation;
  std::int64_t width;
  T* x;
  const float* bias;  // (width)
  T* y;
  bool keep;  // the activation's slope in place of x
};

// Where the rows of a batch's texts are, and what attention reads. Each head's part of a row is
// `head_size` elements; its rows are `…_stride` elements apart.
template <typename T>
struct AttentionInputs {
  std::int64_t heads;
  std::int64_t head_size;
  const std::int32_t* offsets;  // (texts + 1), rows of keys
  bool first_only;              // one query a text instead of one a token
  const T* queries;
  const T* keys;
  const T* values;
  std::int64_t query_stride;
  std::int64_t key_stride;  // of keys and values
  const float* query_bias;  // (hidden) each
  const float* key_bias;
  const float* value_bias;
  Mask mask;                        // a row for each text, head and query, in this order
  const std::int64_t* mask_places;  // (texts), words before each text's rows
};

template <typename T>
struct AttentionForward {
  AttentionInputs<T> in;
  T* context;    // rows as the queries', heads · head_size elements
  float* stats;  // (query rows, heads, 2): the largest score, and 1 / Σ exp(score − largest)
};

template <typename T>
struct AttentionBackward {
  AttentionInputs<T> in;
  const float* stats;
  const T* d_context;
  T* d_queries;  // strides as of the inputs
  T* d_keys;
  T* d_values;
};

// AdamW of one step (Loshchilov and Hutter, ICLR 2019).
struct AdamWStep {
  float rate;   // learning rate
  float decay;  // learning rate · weight decay
  float beta1;
  float beta2;
  float epsilon;
  float correction1;     // 1 / (1 − beta1^step)
  float correction2;     // 1 / √(1 − beta2^step)
  float gradient_scale;  // for clipping
};

template <typename T>
struct Kernels {
  void (*norm_forward)(const NormForward<T>&, std::int64_t begin, std::int64_t end);
  // Sets sums, (3, hidden): of the gradients of gamma, beta and the branch's bias.
  void (*norm_backward)(const NormBackward<T>&, std::int64_t begin, std::int64_t end, float* sums);
  void (*activation_forward)(const ActivationForward<T>&, std::int64_t begin, std::int64_t end);
  // Turns the gradient of y into that of x; sets sums, (width): of the bias's gradient.
  void (*activation_backward)(const T* slope, std::int64_t width, std::int64_t begin,
                              std::int64_t end, T* gradient, float* sums);
  // Sets sums, (width): of the columns.
  void (*column_sums)(const T* rows, std::int64_t width, std::int64_t begin, std::int64_t end,
                      float* sums);
  // For one head of one text. `scratch` has attention_scratch floats.
  void (*attention_forward)(const AttentionForward<T>&, std::int64_t text, std::int64_t head,
                            float* scratch);
  void (*attention_backward)(const AttentionBackward<T>&, std::int64_t text, std::int64_t head,
                             float* scratch);
  // Elements; `operand`, when not null, gets the new weights as T. Gradients are T.
  void (*adamw)(const AdamWStep&, std::int64_t n, const T* gradient, float* weight, float* first,
                float* second, T* operand);
  double (*squared_length)(const T* values, std::int64_t n);
  // What AdamW does to weights that never had a gradient, in `steps` steps: w −= w · decay each.
  void (*decay)(const float* decays, std::int64_t steps, std::int64_t n, float* weight);
};

// Floats that attention on a text of this length needs.
std::int64_t attention_scratch(std::int64_t length, std::int64_t head_size);

// Those for the best instruction set that this CPU has.
template <typename T>
const Kernels<T>& kernels();

}  // namespace finemix::simd
