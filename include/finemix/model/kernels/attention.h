#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "finemix/model/batch.h"

namespace finemix {

// softmax(Q Kᵀ / √head_size) V within each text (Vaswani et al., NeurIPS 2017). `keys` and `values`
// are (tokens, hidden); `queries` too, or (texts, hidden) when only each text's first token asks.
// `dropout` is applied to the attention probabilities. Returns the shape of `queries`.
at::Tensor attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                     std::int64_t heads, const PackedBatch& batch,
                     const std::function<at::Tensor(const at::Tensor&)>& dropout);

}  // namespace finemix
