#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "finemix/model/parameters.h"
#include "model/workspace.h"

namespace finemix {

// Matrix products are our own where avx512_product.h suits, else LibTorch's. For every number of
// rows that oneDNN has not seen lately it compiles new code, which costs as much as some products
// do, and batches without padding seldom have the same number of tokens. So LibTorch's run on a
// rounded number of rows: what is taken here has room for them, and zeros there, which change no
// result.

// (rows, columns) of operand type for products, with zeroed room behind the last row.
at::Tensor take_operand(Workspace& workspace, std::int64_t rows, std::int64_t columns,
                        const at::TensorOptions& options);

// The weight laid out for LinearView::packed; undefined where that helps nothing.
at::Tensor pack_weight(const LinearView& linear);

// out = x Wᵀ, for rows x. All tensors but the weights are from take_operand.
void product(const at::Tensor& out, const at::Tensor& x, const LinearView& linear,
             Workspace& workspace);

// From the gradient of y = x Wᵀ: sets W's, and that of x.
void product_backward(const at::Tensor& d_y, const at::Tensor& x, const LinearView& linear,
                      const at::Tensor& d_x, Workspace& workspace);

}  // namespace finemix
