// The encoder's kernels put together from LibTorch's own operators: for devices that finemix has no
// code of its own for. Arguments are as in the header of each kernel.
#pragma once

#include "finemix/model/batch.h"
#include "finemix/model/config.h"
#include "model/kernels/attention.h"
#include "model/kernels/embedding.h"
#include "model/kernels/norm.h"

namespace finemix::composed {

void norm_forward(const Branch& branch, const at::Tensor& residual, const NormView& norm,
                  double epsilon, NormState& state, const at::Tensor& out,
                  const at::Tensor& operand);
void norm_backward(const NormState& state, const NormView& norm, const at::Tensor& d_operand,
                   bool has_residual, const at::Tensor& d_residual, const at::Tensor& d_branch,
                   const at::Tensor& bias_gradient);

void activation_forward(Activation activation, const at::Tensor& x, const at::Tensor& bias,
                        const at::Tensor& y, bool keep);
void activation_backward(const at::Tensor& slope, const at::Tensor& gradient,
                         const at::Tensor& bias_gradient);
void column_sums(const at::Tensor& rows, const at::Tensor& sums);

void embed(const PackedBatch& batch, const EmbeddingTables& tables, const at::Tensor& sum);
void embed_backward(const PackedBatch& batch, const at::Tensor& d_sum, RowGradients& words,
                    const at::Tensor& d_positions, const at::Tensor& d_types);

// In bf16 on CUDA by FlashAttention on the packed rows; else on padded ones. The caller has set
// state's inputs, shape, offsets and longest.
void attention_forward(const AttentionShape& shape, const PackedBatch& batch, const Projections& in,
                       bool keep, AttentionState& state, const at::Tensor& context);
void attention_backward(const AttentionState& state, const at::Tensor& d_context,
                        const ProjectionGradients& gradients);

}  // namespace finemix::composed
