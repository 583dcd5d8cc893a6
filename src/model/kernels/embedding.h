#pragma once

#include <ATen/core/Tensor.h>

#include "finemix/model/batch.h"
#include "finemix/model/parameters.h"

namespace finemix {

struct EmbeddingTables {
  at::Tensor words;      // (vocabulary, hidden), fp32, as the others
  at::Tensor positions;  // (positions, hidden)
  at::Tensor types;      // (types, hidden); undefined where a family has none
};

// Sets `sum`, fp32 (tokens, hidden), to the sum of each token's rows.
void embed(const PackedBatch& batch, const EmbeddingTables& tables, const at::Tensor& sum);

// Sets the tables' gradients from that of the sum.
void embed_backward(const PackedBatch& batch, const at::Tensor& d_sum, RowGradients& words,
                    const at::Tensor& d_positions, const at::Tensor& d_types);

}  // namespace finemix
