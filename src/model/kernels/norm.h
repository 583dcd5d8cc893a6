#pragma once

#include <ATen/core/Tensor.h>

#include "finemix/model/parameters.h"
#include "model/kernels/dropout.h"
#include "model/workspace.h"

namespace finemix {

// What LayerNorm's backward pass needs.
struct NormState {
  at::Tensor sum;        // (rows, hidden), fp32: what was normalized
  at::Tensor mean;       // (rows), fp32
  at::Tensor rstd;       // (rows), fp32: 1 / standard deviation
  DropoutMask mask;      // of the branch
  DropoutMask out_mask;  // of the result
};

// What is added to the residual: the product of a linear layer, and the bias that it still lacks.
struct Branch {
  at::Tensor product;  // (rows, hidden), operand type; undefined: none, and state.sum is there
  at::Tensor bias;     // (hidden), fp32
};

// state.sum = residual + mask(product + bias); out = out_mask(LayerNorm(sum)) (Ba et al., 2016).
// `out` is fp32; `operand`, when defined and not `out` itself, gets the same in its own type.
void norm_forward(const Branch& branch, const at::Tensor& residual, const NormView& norm,
                  double epsilon, NormState& state, const at::Tensor& out,
                  const at::Tensor& operand);

// From the gradient of `out`, d_residual + d_operand (either may be undefined), sets d_residual to
// that of the sum, in place, `d_branch` to the product's, and the parameters' gradients;
// `bias_gradient` is the branch's.
void norm_backward(const NormState& state, const NormView& norm, const at::Tensor& d_operand,
                   bool has_residual, const at::Tensor& d_residual, const at::Tensor& d_branch,
                   const at::Tensor& bias_gradient, Workspace& workspace);

}  // namespace finemix
