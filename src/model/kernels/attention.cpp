#include "finemix/model/kernels/attention.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace finemix {
namespace {

// (tokens, hidden) to (texts, heads, longest, head_size), zeros where a text is shorter.
at::Tensor to_heads(const at::Tensor& rows, std::int64_t heads, const PackedBatch& batch) {
  at::Tensor padded = rows;
  if (batch.bias.defined()) {
    padded = at::zeros({batch.texts * batch.longest, rows.size(1)}, rows.options())
                 .index_copy(0, batch.places, rows);
  }
  return padded.view({batch.texts, batch.longest, heads, rows.size(1) / heads}).transpose(1, 2);
}

}  // namespace

at::Tensor attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                     std::int64_t heads, const PackedBatch& batch,
                     const std::function<at::Tensor(const at::Tensor&)>& dropout) {
  const std::int64_t hidden = queries.size(1);
  const std::int64_t head_size = hidden / heads;
  const bool first_only = queries.size(0) != keys.size(0);
  const at::Tensor q = first_only ? queries.view({batch.texts, heads, 1, head_size})
                                  : to_heads(queries, heads, batch);
  const at::Tensor k = to_heads(keys, heads, batch);
  const at::Tensor v = to_heads(values, heads, batch);

  at::Tensor scores =
      at::matmul(q * (1.0 / std::sqrt(static_cast<double>(head_size))), k.transpose(2, 3));
  if (batch.bias.defined()) scores = scores + batch.bias;
  const at::Tensor mixed = at::matmul(dropout(at::softmax(scores, -1)), v);

  if (first_only) return mixed.reshape({batch.texts, hidden});
  const at::Tensor padded = mixed.transpose(1, 2).reshape({batch.texts * batch.longest, hidden});
  return batch.bias.defined() ? padded.index_select(0, batch.places) : padded;
}

}  // namespace finemix
