#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "finemix/model/parameters.h"
#include "model/workspace.h"

namespace finemix {

// Matrix products are our own where own_product.h suits, else LibTorch's. For every number of
// rows that oneDNN has not seen lately it compiles new code, which costs as much as some products
// do, and batches without padding seldom have the same number of tokens. So LibTorch's run on a
// rounded number of rows: what they read and write has room for them, and zeros there, which change
// no result.

// Whether any product of an encoder of this width and inner size is LibTorch's on the CPU.
bool needs_room(std::int64_t width, std::int64_t inner, const at::TensorOptions& options);
// (rows, columns) with zeroed room behind the last row.
at::Tensor take_with_room(Workspace& workspace, std::int64_t rows, std::int64_t columns,
                          const at::TensorOptions& options);

// The weight laid out for LinearView::packed; undefined where that helps nothing.
at::Tensor pack_weight(const at::Tensor& weight);

// out = x Wᵀ, for rows x. Operands have room where needs_room() says so.
void product(const at::Tensor& out, const at::Tensor& x, const LinearView& linear,
             Workspace& workspace);

// From the gradient of y = x Wᵀ: sets W's, and that of x.
void product_backward(const at::Tensor& d_y, const at::Tensor& x, const LinearView& linear,
                      const at::Tensor& d_x, Workspace& workspace);

}  // namespace finemix
