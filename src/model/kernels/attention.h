#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "finemix/model/batch.h"
#include "finemix/model/classifier.h"
#include "model/kernels/dropout.h"
#include "model/workspace.h"

namespace finemix {

struct AttentionShape {
  std::int64_t heads;
  double dropout;                 // of the attention probabilities
  std::optional<DropoutKey> key;  // absent: no dropout
  std::uint64_t site;
};

// Products of the linear layers, rows of (…, hidden) in a wider matrix, and the biases that they
// still lack. Keys and values are (tokens, hidden); queries too, or (texts, hidden) when only each
// text's first token asks.
struct Projections {
  at::Tensor queries, keys, values;             // operand type; strides may be wider than rows
  at::Tensor query_bias, key_bias, value_bias;  // (hidden), fp32
};

// Like the products, to be set.
struct ProjectionGradients {
  at::Tensor queries, keys, values;
};

// What attention's backward pass needs.
struct AttentionState {
  Projections in;
  AttentionShape shape;
  at::Tensor offsets;
  at::Tensor stats;        // (query rows, heads, 2), fp32: see simd::AttentionForward
  DropoutMask mask;        // a row of bits for each text, head and query
  at::Tensor mask_places;  // (texts), int64
  std::int64_t longest = 0;
  // Of devices that have no code of finemix's own: a graph of LibTorch's from leaves to result.
  std::vector<at::Tensor> leaves;
  at::Tensor result;
};

// softmax(Q Kᵀ / √head_size) V within each text (Vaswani et al., NeurIPS 2017), with dropout on the
// probabilities. `context` is like the queries, contiguous. With `keep`, what the backward pass
// needs is left in `state`.
void attention_forward(const AttentionShape& shape, const PackedBatch& batch, const Projections& in,
                       bool keep, AttentionState& state, const at::Tensor& context,
                       Workspace& workspace);
void attention_backward(const AttentionState& state, const at::Tensor& d_context,
                        const ProjectionGradients& gradients, Workspace& workspace);

}  // namespace finemix
