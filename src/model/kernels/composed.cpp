#include "model/kernels/composed.h"

#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/index_add.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tanh_backward.h>
#include <ATen/ops/threshold_backward.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>

#include "finemix/core/error.h"
#include "finemix/model/device.h"

namespace finemix::composed {

void norm_forward(const Branch& branch, const at::Tensor& residual, const NormView& norm,
                  double epsilon, NormState& state, const at::Tensor& out,
                  const at::Tensor& operand) {
  if (branch.product.defined()) {
    const at::Tensor whole = branch.product.to(at::kFloat) + branch.bias;
    state.sum.copy_(apply_dropout(state.mask, whole) + residual);
  }
  const auto [normal, mean, rstd] =
      at::native_layer_norm(state.sum, {out.size(1)}, norm.weight, norm.bias, epsilon);
  state.mean.copy_(mean.view(-1));
  state.rstd.copy_(rstd.view(-1));
  out.copy_(apply_dropout(state.out_mask, normal));
  if (operand.defined() && operand.data_ptr() != out.data_ptr()) operand.copy_(out);
}

void norm_backward(const NormState& state, const NormView& norm, const at::Tensor& d_operand,
                   bool has_residual, const at::Tensor& d_residual, const at::Tensor& d_branch,
                   const at::Tensor& bias_gradient) {
  at::Tensor d_out = d_operand.defined() ? d_operand.to(at::kFloat) : d_residual;
  if (d_operand.defined() && has_residual) d_out = d_out + d_residual;
  d_out = apply_dropout(state.out_mask, d_out);
  const auto [d_sum, d_weight, d_bias] = at::native_layer_norm_backward(
      d_out, state.sum, {d_out.size(1)}, state.mean.unsqueeze(1), state.rstd.unsqueeze(1),
      norm.weight, norm.bias, {true, true, true});
  norm.weight_gradient.copy_(d_weight);
  norm.bias_gradient.copy_(d_bias);
  d_residual.copy_(d_sum);
  if (!d_branch.defined()) return;
  const at::Tensor branch = apply_dropout(state.mask, d_sum);
  d_branch.copy_(branch);
  bias_gradient.copy_(branch.sum(0));
}

namespace {

[[noreturn]] void no_such_activation() {
  throw Error(ErrorKind::kInternal, "an activation without a case");
}

at::Tensor apply(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kSilu:
      return at::silu(x);
    case Activation::kTanh:
      return at::tanh(x);
  }
  no_such_activation();
}

at::Tensor apply_backward(Activation activation, const at::Tensor& gradient, const at::Tensor& x) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu_backward(gradient, x);
    case Activation::kGeluTanh:
      return at::gelu_backward(gradient, x, "tanh");
    case Activation::kRelu:
      return at::threshold_backward(gradient, x, 0);
    case Activation::kSilu:
      return at::silu_backward(gradient, x);
    case Activation::kTanh:
      return at::tanh_backward(gradient, at::tanh(x));
  }
  no_such_activation();
}

}  // namespace

void activation_forward(Activation activation, const at::Tensor& x, const at::Tensor& bias,
                        const at::Tensor& y, bool keep) {
  const at::Tensor whole = x.to(at::kFloat) + bias;
  y.copy_(apply(activation, whole));
  if (keep) x.copy_(apply_backward(activation, at::ones_like(whole), whole));
}

void activation_backward(const at::Tensor& slope, const at::Tensor& gradient,
                         const at::Tensor& bias_gradient) {
  const at::Tensor d_x = gradient.to(at::kFloat) * slope;
  bias_gradient.copy_(d_x.sum(0));
  gradient.copy_(d_x);
}

void column_sums(const at::Tensor& rows, const at::Tensor& sums) {
  sums.copy_(rows.to(at::kFloat).sum(0));
}

void embed(const PackedBatch& batch, const EmbeddingTables& tables, const at::Tensor& sum) {
  at::Tensor words = at::embedding(tables.words, batch.ids);
  if (tables.types.defined()) words = words + at::embedding(tables.types, batch.type_ids);
  sum.copy_(words + at::embedding(tables.positions, batch.positions));
}

// Which words a batch holds would have to be fetched from the device: the gradient has all rows.
void embed_backward(const PackedBatch& batch, const at::Tensor& d_sum, RowGradients& words,
                    const at::Tensor& d_positions, const at::Tensor& d_types) {
  words.values.zero_().index_add_(0, batch.ids, d_sum);
  d_positions.zero_().index_add_(0, batch.positions, d_sum);
  if (d_types.defined()) d_types.zero_().index_add_(0, batch.type_ids, d_sum);
}

namespace {

// Each token's row in a (texts, longest) layout.
at::Tensor padded_places(const at::Tensor& offsets, std::int64_t tokens, std::int64_t longest) {
  const at::Tensor starts = offsets.slice(0, 0, -1).to(at::kLong);
  const at::Tensor lengths = offsets.slice(0, 1).to(at::kLong) - starts;
  const at::Tensor text =
      at::repeat_interleave(at::arange(lengths.size(0), lengths.options()), lengths, 0, tokens);
  const at::Tensor rows = at::arange(tokens, offsets.options().dtype(at::kLong));
  return text * longest + rows - starts.index_select(0, text);
}

// (tokens, hidden) to (texts, heads, longest, head_size), zeros where a text is shorter.
at::Tensor to_heads(const at::Tensor& rows, const AttentionState& state, const at::Tensor& places) {
  const std::int64_t texts = state.offsets.size(0) - 1;
  const at::Tensor padded =
      at::zeros({texts * state.longest, rows.size(1)}, rows.options()).index_copy(0, places, rows);
  return padded.view({texts, state.longest, state.shape.heads, rows.size(1) / state.shape.heads})
      .transpose(1, 2);
}

at::Tensor padded_attention(const AttentionState& state, const at::Tensor& queries,
                            const at::Tensor& keys, const at::Tensor& values) {
  const std::int64_t hidden = queries.size(1);
  const std::int64_t texts = state.offsets.size(0) - 1;
  const std::int64_t heads = state.shape.heads;
  const std::int64_t head_size = hidden / heads;
  const bool first_only = queries.size(0) != keys.size(0);
  const at::Tensor places = padded_places(state.offsets, keys.size(0), state.longest);
  const at::Tensor q =
      first_only ? queries.view({texts, heads, 1, head_size}) : to_heads(queries, state, places);
  const at::Tensor k = to_heads(keys, state, places);
  const at::Tensor v = to_heads(values, state, places);
  at::Tensor bias = at::full({texts * state.longest}, -std::numeric_limits<float>::infinity(),
                             keys.options().dtype(at::kFloat));
  bias.index_fill_(0, places, 0.0);
  const at::Tensor scores =
      at::matmul(q * (1.0 / std::sqrt(static_cast<double>(head_size))), k.transpose(2, 3)) +
      bias.view({texts, 1, 1, state.longest});
  at::Tensor shares = at::softmax(scores, -1);
  if (state.mask.factors.defined()) shares = shares * state.mask.factors.view(shares.sizes());
  const at::Tensor mixed = at::matmul(shares, v);
  if (first_only) return mixed.reshape({texts, hidden});
  return mixed.transpose(1, 2).reshape({texts * state.longest, hidden}).index_select(0, places);
}

at::Tensor flash_attention(const AttentionState& state, const at::Tensor& queries,
                           const at::Tensor& keys, const at::Tensor& values) {
  const std::int64_t heads = state.shape.heads;
  const auto split = [&](const at::Tensor& rows) {
    return rows.view({rows.size(0), heads, rows.size(1) / heads});
  };
  const bool first_only = queries.size(0) != keys.size(0);
  const at::Tensor query_offsets =
      first_only ? at::arange(queries.size(0) + 1, state.offsets.options()) : state.offsets;
  double p = 0;
  if (state.shape.key) {
    p = state.shape.dropout;
    at::Generator generator = at::globalContext().defaultGenerator(queries.device());
    generator.set_current_seed(device_dropout_seed(*state.shape.key, state.shape.site));
  }
  const auto result = at::_flash_attention_forward(
      split(queries), split(keys), split(values), query_offsets, state.offsets,
      first_only ? 1 : state.longest, state.longest, p, /*is_causal=*/false,
      /*return_debug_mask=*/false);
  return std::get<0>(result).reshape(queries.sizes());
}

}  // namespace

void attention_forward(const AttentionShape& shape, const PackedBatch& batch, const Projections& in,
                       bool keep, AttentionState& state, const at::Tensor& context) {
  const at::AutoGradMode with_graph(keep);
  // FlashAttention wants bf16 in hardware, and heads of whole eights up to 256.
  const std::int64_t head_size = in.queries.size(1) / shape.heads;
  const bool flash = in.queries.is_cuda() && in.queries.scalar_type() == at::kBFloat16 &&
                     multiplies_bf16(in.queries.device()) && head_size % 8 == 0 &&
                     head_size <= 256;
  const auto leaf = [&](const at::Tensor& product, const at::Tensor& bias) {
    const at::Tensor whole = product.detach().to(at::kFloat) + bias.detach();
    return (flash ? whole.to(at::kBFloat16) : whole).set_requires_grad(keep);
  };
  if (!context.is_cpu()) state.mask = {};
  if (!flash && !context.is_cpu() && shape.key) {
    Workspace none;  // factors are not taken from one
    state.mask = dropout_mask(
        in.queries.size(0) == in.keys.size(0) ? batch.texts * shape.heads * batch.longest
                                              : batch.texts * shape.heads,
        batch.longest, shape.dropout, *shape.key, shape.site, context.device(), none);
  }
  state.leaves = {leaf(in.queries, in.query_bias), leaf(in.keys, in.key_bias),
                  leaf(in.values, in.value_bias)};
  state.result = flash ? flash_attention(state, state.leaves[0], state.leaves[1], state.leaves[2])
                       : padded_attention(state, state.leaves[0], state.leaves[1], state.leaves[2]);
  context.copy_(state.result.detach());
  if (keep) return;
  state.leaves.clear();
  state.result.reset();
}

void attention_backward(const AttentionState& state, const at::Tensor& d_context,
                        const ProjectionGradients& gradients) {
  const at::AutoGradMode with_graph(true);
  state.result.backward(d_context.to(state.result.scalar_type()));
  gradients.queries.copy_(state.leaves[0].grad());
  gradients.keys.copy_(state.leaves[1].grad());
  gradients.values.copy_(state.leaves[2].grad());
}

}  // namespace finemix::composed
