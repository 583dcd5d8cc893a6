#include "model/encoder.h"

#include <ATen/ops/index_add.h>
#include <ATen/ops/index_copy.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <map>
#include <string>
#include <utility>

#include "finemix/core/error.h"
#include "model/kernels/activation.h"
#include "model/shared_gradients.h"

namespace finemix {
namespace {

// The tables are indexed without further ado, and ids come from a suspect's tokenizer.
void check_rows(const PackedBatch& batch, const EncoderConfig& config) {
  const auto check = [](const char* what, std::int64_t largest, std::int64_t rows) {
    if (largest < rows) return;
    throw Error(ErrorKind::kMismatch,
                std::string("the tokenizer gives ") + what + " " + std::to_string(largest) +
                    ", but the model has " + std::to_string(rows) +
                    " of them; tokenizer and weights are of different models");
  };
  check("id", batch.largest_id, config.vocab_size);
  if (config.traits().has_type_ids) {
    check("type id", batch.largest_type_id, config.type_vocab_size);
  }
  check("position", batch.longest - 1, config.max_tokens());
}

// RoBERTa's positions (transformers' create_position_ids_from_input_ids): tokens count from the
// padding id's next on, but a padding token within a text has that id as its position and counts
// for nothing.
at::Tensor positions_after_padding(const PackedBatch& batch, std::int64_t padding) {
  const at::Tensor counts = batch.ids.ne(padding).to(at::kLong);
  const at::Tensor before = counts.cumsum(0);
  const at::Tensor offsets = batch.offsets.to(at::kLong);
  const at::Tensor lengths = offsets.slice(0, 1) - offsets.slice(0, 0, -1);
  const at::Tensor at_start = (before - counts).index_select(0, batch.first);
  return (before - at_start.repeat_interleave(lengths, 0, batch.tokens())) * counts + padding;
}

// The batch as the family's tables take it.
PackedBatch fitted(const PackedBatch& batch, const EncoderConfig& config) {
  PackedBatch result = batch;
  const FamilyTraits& traits = config.traits();
  if (!traits.has_type_ids) result.type_ids = at::zeros_like(batch.type_ids);
  if (traits.positions_follow_padding) {
    result.positions = positions_after_padding(batch, config.pad_token_id);
  }
  return result;
}

}  // namespace

Encoder::Encoder(ParameterBuffer& parameters, const EncoderConfig& config, at::Device device,
                 Precision precision)
    : config_(config),
      device_(device),
      operand_(at::TensorOptions(precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat)
                   .device(device)),
      float_(at::TensorOptions(at::kFloat).device(device)),
      needs_room_(needs_room(config.hidden_size, config.intermediate_size, operand_) ||
                  needs_room(config.embedding_width(), config.hidden_size, operand_)),
      word_gradients_(parameters.word_gradients()) {
  const std::string embeddings = "bert.embeddings.";
  const std::string types = embeddings + "token_type_embeddings.weight";
  const bool has_types = config.traits().has_type_embeddings;
  tables_ = {parameters[kWordEmbeddings], parameters[embeddings + "position_embeddings.weight"],
             has_types ? parameters[types] : at::Tensor()};
  position_gradient_ = parameters.table_gradient(embeddings + "position_embeddings.weight");
  if (has_types) type_gradient_ = parameters.table_gradient(types);
  embedding_norm_ = parameters.norm(embeddings + "LayerNorm");
  if (config.projects_embeddings()) {
    embedding_projection_ = parameters.linear({"bert.embeddings_project"});
  }
  for (std::int64_t i = 0; i < config.depth(); ++i) {
    const std::string name = "bert.encoder.layer." + std::to_string(config.stored_layer(i)) + ".";
    const std::string self = name + "attention.self.";
    layers_.push_back({parameters.linear({self + "query", self + "key", self + "value"}),
                       {},
                       {},
                       parameters.linear({name + "attention.output.dense"}),
                       parameters.norm(name + "attention.output.LayerNorm"),
                       parameters.linear({name + "intermediate.dense"}),
                       parameters.linear({name + "output.dense"}),
                       parameters.norm(name + "output.LayerNorm")});
  }
  Layer& last = layers_.back();
  last.queries = last.projections.rows(0, config.hidden_size);
  last.keys_values = last.projections.rows(config.hidden_size, 2 * config.hidden_size);
  states_.resize(layers_.size());
}

Encoder::Encoder(const Encoder& other, Workspace workspace)
    : config_(other.config_),
      device_(other.device_),
      operand_(other.operand_),
      float_(other.float_),
      needs_room_(other.needs_room_),
      tables_(other.tables_),
      word_gradients_(other.word_gradients_),
      position_gradient_(other.position_gradient_),
      type_gradient_(other.type_gradient_),
      embedding_norm_(other.embedding_norm_),
      embedding_projection_(other.embedding_projection_),
      layers_(other.layers_),
      workspace_(std::move(workspace)),
      states_(other.layers_.size()) {}

void Encoder::pack_weights() {
  std::map<std::pair<const void*, std::int64_t>, at::Tensor> packed;  // layers may share weights
  const auto pack = [&](LinearView& linear) {
    if (!linear.weight.defined()) return;
    const auto [place, is_new] =
        packed.try_emplace({linear.weight.const_data_ptr(), linear.weight.size(0)});
    if (is_new) place->second = pack_weight(linear.weight);
    linear.packed = place->second;
  };
  pack(embedding_projection_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    const bool last = i + 1 == layers_.size();
    for (LinearView* linear : {last ? &layer.queries : &layer.projections, &layer.keys_values,
                               &layer.attention_output, &layer.inner, &layer.output}) {
      pack(*linear);
    }
  }
}

std::vector<at::Tensor> Encoder::gradients_of(const Layer& layer) {
  std::vector<at::Tensor> gradients;
  for (const LinearView* linear :
       {&layer.projections, &layer.attention_output, &layer.inner, &layer.output}) {
    gradients.push_back(linear->weight_gradient);
    gradients.push_back(linear->bias_gradient);
  }
  for (const NormView* norm : {&layer.attention_norm, &layer.output_norm}) {
    gradients.push_back(norm->weight_gradient);
    gradients.push_back(norm->bias_gradient);
  }
  return gradients;
}

Encoder::Rows Encoder::take_rows(std::int64_t count, std::int64_t width) {
  Rows rows;
  rows.operand = take(count, width);
  if (rows.operand.scalar_type() == at::kFloat) {
    rows.residual = rows.operand;
  } else {
    rows.residual = take_float(count, width);
  }
  return rows;
}

NormState Encoder::take_norm_state(std::int64_t rows, std::int64_t width) {
  return {take_float(rows, width),
          workspace_.take({rows}, float_),
          workspace_.take({rows}, float_),
          {},
          {}};
}

DropoutMask Encoder::hidden_mask(std::int64_t rows, std::int64_t width, bool drops) {
  const std::uint64_t site = ++site_;
  if (!dropout_ || !drops) return {};
  return dropout_mask(rows, width, config_.hidden_dropout_prob, *dropout_, site, device_,
                      workspace_);
}

Encoder::Rows Encoder::begin(const PackedBatch& batch, const std::optional<DropoutKey>& dropout,
                             bool keep) {
  check_rows(batch, config_);
  states_.assign(layers_.size(), {});  // the pass before is over, and with it its memory
  embedding_state_ = {};
  embedded_.reset();
  workspace_.release_all();
  kept_ = keep;
  batch_ = fitted(batch, config_);
  dropout_ = dropout;
  site_ = kClassifierSite;
  return embeddings();
}

at::Tensor Encoder::forward(const PackedBatch& batch, const std::optional<DropoutKey>& dropout,
                            bool keep) {
  Rows x = begin(batch, dropout, keep);
  for (std::size_t i = 0; i < layers_.size(); ++i) x = layer(i, x, keep);
  return x.residual;
}

at::Tensor Encoder::forward_layers(const PackedBatch& batch,
                                   const std::optional<DropoutKey>& dropout) {
  std::vector<at::Tensor> first;
  Rows x = begin(batch, dropout, true);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    x = layer(i, x, true);
    const bool last = i + 1 == layers_.size();
    first.push_back(last ? x.residual : x.residual.index_select(0, batch.first));
  }
  return at::stack(first);
}

Encoder::Rows Encoder::embeddings() {
  const std::int64_t tokens = batch_.tokens();
  const std::int64_t width = config_.embedding_width();
  Rows out = take_rows(tokens, width);
  embedding_state_ = take_norm_state(tokens, width);
  embedding_state_.out_mask = hidden_mask(tokens, width);
  embed(batch_, tables_, embedding_state_.sum);
  norm_forward({}, {}, embedding_norm_, config_.layer_norm_eps, embedding_state_, out.residual,
               out.operand);
  if (!embedding_projection_.weight.defined()) return out;
  embedded_ = out.operand;
  Rows projected = take_rows(tokens, config_.hidden_size);
  product(projected.operand, embedded_, embedding_projection_, workspace_);
  // In fp32 the two are one.
  if (!projected.residual.is_same(projected.operand)) projected.residual.copy_(projected.operand);
  projected.residual.add_(embedding_projection_.bias);
  if (!projected.residual.is_same(projected.operand)) projected.operand.copy_(projected.residual);
  return projected;
}

Projections Encoder::project(const Layer& layer, bool first_only, State& state) {
  const std::int64_t hidden = config_.hidden_size;
  const std::int64_t tokens = batch_.tokens();
  const auto bias = [&](std::int64_t i) {
    return layer.projections.bias.narrow(0, i * hidden, hidden);
  };
  const auto part = [&](const at::Tensor& rows, std::int64_t i) {
    return rows.narrow(1, i * hidden, hidden);
  };
  if (!first_only) {
    const at::Tensor rows = take(tokens, 3 * hidden);
    product(rows, state.input, layer.projections, workspace_);
    return {part(rows, 0), part(rows, 1), part(rows, 2), bias(0), bias(1), bias(2)};
  }
  const at::Tensor queries = take(batch_.texts, hidden);
  const at::Tensor rows = take(tokens, 2 * hidden);
  product(queries, state.first_input, layer.queries, workspace_);
  product(rows, state.input, layer.keys_values, workspace_);
  return {queries, part(rows, 0), part(rows, 1), bias(0), bias(1), bias(2)};
}

Encoder::Rows Encoder::layer(std::size_t index, const Rows& x, bool keep) {
  const Layer& layer = layers_[index];
  State& state = states_[index];
  const bool first_only = index + 1 == layers_.size();
  const std::int64_t rows = first_only ? batch_.texts : batch_.tokens();
  const std::int64_t hidden = config_.hidden_size;
  const FamilyTraits& traits = config_.traits();
  const Rows out = take_rows(rows, hidden);
  const Workspace::Mark mark = workspace_.mark();

  state.input = x.operand;
  at::Tensor asking = x.residual;
  if (first_only) {
    asking = x.residual.index_select(0, batch_.first);
    state.first_input = take(rows, hidden).copy_(asking);
  }
  state.context = take(rows, hidden);
  attention_forward(
      {config_.num_attention_heads, config_.attention_probs_dropout_prob, dropout_, ++site_},
      batch_, project(layer, first_only, state), keep, state.attention, state.context, workspace_);

  const Rows attended = take_rows(rows, hidden);
  const at::Tensor branch = take(rows, hidden);
  product(branch, state.context, layer.attention_output, workspace_);
  state.attended_norm = take_norm_state(rows, hidden);
  state.attended_norm.mask = hidden_mask(rows, hidden, traits.drops_attention_output);
  norm_forward({branch, layer.attention_output.bias}, asking, layer.attention_norm,
               config_.layer_norm_eps, state.attended_norm, attended.residual, attended.operand);
  state.attended = attended.operand;

  state.inner = take(rows, config_.intermediate_size);
  state.active = take(rows, config_.intermediate_size);
  product(state.inner, state.attended, layer.inner, workspace_);
  activation_forward(config_.hidden_act, state.inner, layer.inner.bias, state.active, keep);
  product(branch, state.active, layer.output, workspace_);
  state.output_norm = take_norm_state(rows, hidden);
  state.output_norm.mask = hidden_mask(rows, hidden, traits.drops_feed_forward);
  norm_forward({branch, layer.output.bias}, attended.residual, layer.output_norm,
               config_.layer_norm_eps, state.output_norm, out.residual, out.operand);
  if (!keep) workspace_.release(mark);
  return out;
}

at::Tensor Encoder::activations(std::size_t layer) const {
  if (!kept_) {
    throw Error(ErrorKind::kInternal, "Encoder::activations: the last pass was not kept");
  }
  return states_[layer].active;
}

void Encoder::backward(const at::Tensor& d_first) {
  if (!kept_) {
    throw Error(ErrorKind::kInternal, "Encoder::backward: the last pass was not one to be kept");
  }
  const Workspace::Mark mark = workspace_.mark();
  Rows gradient{take_float(batch_.texts, config_.hidden_size), {}};
  const bool every_layer = d_first.dim() == 3;
  gradient.residual.copy_(every_layer ? d_first[-1] : d_first);
  SharedGradients shared(config_.traits().shares_layers);
  for (std::size_t i = layers_.size(); i-- > 0;) {
    gradient = layer_backward(i, gradient);
    shared.add(config_.stored_layer(static_cast<std::int64_t>(i)), gradients_of(layers_[i]));
    if (every_layer && i > 0) {
      gradient.residual.index_add_(0, batch_.first, d_first[static_cast<std::int64_t>(i) - 1]);
    }
  }
  shared.write();
  embeddings_backward(gradient);
  workspace_.release(mark);
}

void Encoder::embeddings_backward(const Rows& d_out) {
  at::Tensor d_sum = d_out.residual;
  at::Tensor d_normed = d_out.operand;
  const bool projects = embedding_projection_.weight.defined();
  if (projects) {
    const at::Tensor d_projected = d_out.operand;
    d_projected.add_(d_out.residual);
    column_sums(d_projected, embedding_projection_.bias_gradient, workspace_);
    d_normed = take(batch_.tokens(), config_.embedding_width());
    product_backward(d_projected, embedded_, embedding_projection_, d_normed, workspace_);
    d_sum = take_float(batch_.tokens(), config_.embedding_width());
  }
  norm_backward(embedding_state_, embedding_norm_, d_normed, !projects, d_sum, {}, {}, workspace_);
  embed_backward(batch_, d_sum, word_gradients_, position_gradient_, type_gradient_);
  if (config_.pad_token_id < 0 || config_.pad_token_id >= config_.vocab_size) return;
  // Where a text holds the padding token itself.
  const at::Tensor padding = word_gradients_.row(config_.pad_token_id);
  if (padding.defined()) padding.zero_();
  if (config_.traits().positions_follow_padding) position_gradient_[config_.pad_token_id].zero_();
}

// From the gradient of a layer's output, whose two parts are to be added up, that of its input. The
// last layer's has no operand part, and rows for texts only.
Encoder::Rows Encoder::layer_backward(std::size_t index, const Rows& d_out) {
  const Layer& layer = layers_[index];
  const State& state = states_[index];
  const std::int64_t rows = state.context.size(0);
  const bool first_only = state.first_input.defined();
  const Rows d_input = first_only ? Rows{take_float(batch_.tokens(), config_.hidden_size),
                                         take(batch_.tokens(), config_.hidden_size)}
                                  : d_out;
  const Workspace::Mark mark = workspace_.mark();
  const at::Tensor d_branch = take(rows, config_.hidden_size);
  const at::Tensor d_inner = take(rows, config_.intermediate_size);
  const at::Tensor d_attended = d_input.operand.narrow(0, 0, rows);  // a place that is free so far

  norm_backward(state.output_norm, layer.output_norm, d_out.operand, true, d_out.residual, d_branch,
                layer.output.bias_gradient, workspace_);
  product_backward(d_branch, state.active, layer.output, d_inner, workspace_);
  activation_backward(state.inner, d_inner, layer.inner.bias_gradient, workspace_);
  product_backward(d_inner, state.attended, layer.inner, d_attended, workspace_);

  norm_backward(state.attended_norm, layer.attention_norm, d_attended, true, d_out.residual,
                d_branch, layer.attention_output.bias_gradient, workspace_);
  const at::Tensor d_context = take(rows, config_.hidden_size);
  product_backward(d_branch, state.context, layer.attention_output, d_context, workspace_);
  project_backward(layer, state, d_context, d_out.residual, d_input);
  workspace_.release(mark);
  return d_input;
}

// `d_asking` is the gradient that the attending rows have from the residual path; it is `d_input`'s
// own where these are all rows.
void Encoder::project_backward(const Layer& layer, const State& state, const at::Tensor& d_context,
                               const at::Tensor& d_asking, const Rows& d_input) {
  const std::int64_t hidden = config_.hidden_size;
  const std::int64_t tokens = batch_.tokens();
  const LinearView& all = layer.projections;
  const auto part = [&](const at::Tensor& rows, std::int64_t i) {
    return rows.narrow(1, i * hidden, hidden);
  };
  if (!state.first_input.defined()) {
    const at::Tensor d_rows = take(tokens, 3 * hidden);
    attention_backward(state.attention, d_context,
                       {part(d_rows, 0), part(d_rows, 1), part(d_rows, 2)}, workspace_);
    column_sums(d_rows, all.bias_gradient, workspace_);
    product_backward(d_rows, state.input, all, d_input.operand, workspace_);
    return;
  }
  const LinearView& query = layer.queries;
  const LinearView& rest = layer.keys_values;
  const at::Tensor d_queries = take(batch_.texts, hidden);
  const at::Tensor d_rows = take(tokens, 2 * hidden);
  attention_backward(state.attention, d_context, {d_queries, part(d_rows, 0), part(d_rows, 1)},
                     workspace_);
  column_sums(d_queries, query.bias_gradient, workspace_);
  column_sums(d_rows, rest.bias_gradient, workspace_);
  product_backward(d_rows, state.input, rest, d_input.operand, workspace_);
  const at::Tensor d_first = take(batch_.texts, hidden);
  product_backward(d_queries, state.first_input, query, d_first, workspace_);
  at::Tensor d_residual = d_input.residual;
  d_residual.zero_().index_copy_(0, batch_.first, d_asking + d_first.to(at::kFloat));
}

}  // namespace finemix
