#pragma once

#include <ATen/core/Tensor.h>

#include "finemix/model/config.h"
#include "model/workspace.h"

namespace finemix {

// y = activation(x + bias) for rows x, (rows, width); x and y of operand type, bias fp32 (width).
// With `keep`, x becomes the activation's slope there, which is all that the backward pass needs.
void activation_forward(Activation activation, const at::Tensor& x, const at::Tensor& bias,
                        const at::Tensor& y, bool keep);

// Turns `gradient`, of y, into that of x, in place, and sets the bias's.
void activation_backward(const at::Tensor& slope, const at::Tensor& gradient,
                         const at::Tensor& bias_gradient, Workspace& workspace);

// Sets `sums`, fp32 (width), to the sums of the columns of `rows`, (rows, width).
void column_sums(const at::Tensor& rows, const at::Tensor& sums, Workspace& workspace);

}  // namespace finemix
