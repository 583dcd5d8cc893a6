#include "finemix/model/parameters.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/clone.h>
#include <ATen/ops/index_copy.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>

#include "finemix/core/error.h"
#include "finemix/model/memory.h"
#include "finemix/model/tensor_layout.h"

namespace finemix {
namespace {

enum PartIndex { kMatrices, kTables, kWords, kVectors, kParts };

PartIndex part_index(std::string_view name) {
  if (name == kWordEmbeddings) return kWords;
  if (name.ends_with(".bias") || name.find("LayerNorm") != std::string_view::npos) return kVectors;
  return name.find("embeddings.") != std::string_view::npos ? kTables : kMatrices;
}

std::int64_t elements(const TensorSpec& spec) {
  std::int64_t product = 1;
  for (const std::int64_t size : spec.shape) product *= size;
  return product;
}

}  // namespace

at::Tensor RowGradients::row(std::int64_t index) const {
  if (rows.empty() && !values.is_cpu()) return values[index];
  const auto found = std::lower_bound(rows.begin(), rows.end(), index);
  return found != rows.end() && *found == index ? values[found - rows.begin()] : at::Tensor();
}

LinearView LinearView::rows(std::int64_t first, std::int64_t count) const {
  const auto part = [&](const at::Tensor& whole) { return whole.narrow(0, first, count); };
  return {part(weight), part(bias), part(weight_gradient), part(bias_gradient), {},
          update,       update_end};
}

ParameterBuffer::ParameterBuffer(const StateDict& weights, const EncoderConfig& config,
                                 at::Device device, Precision precision) {
  const at::NoGradGuard no_grad;
  const std::vector<TensorSpec> layout = tensor_layout(config);
  std::array<std::int64_t, kParts> sizes{};
  for (const TensorSpec& spec : layout) sizes[part_index(spec.name)] += elements(spec);
  std::array<std::int64_t, kParts> next{};
  std::int64_t total = 0;
  for (std::size_t i = 0; i < kParts; ++i) {
    next[i] = total;
    total += sizes[i];
  }
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  weights_ = empty_block({total}, options);
  const std::array<Part*, kParts> parts = {&matrices_, &tables_, &words_, &vectors_};
  for (std::size_t i = 0; i < kParts; ++i) {
    parts[i]->start = next[i];
    parts[i]->weights = weights_.narrow(0, next[i], sizes[i]);
    parts[i]->decays = i != kVectors;
    if (i == kWords) continue;
    const bool narrow = i == kMatrices && precision == Precision::kBf16;
    parts[i]->gradients =
        untouched_block({sizes[i]}, narrow ? options.dtype(at::kBFloat16) : options);
  }
  if (precision == Precision::kBf16) {
    matrices_.operands = empty_block({sizes[kMatrices]}, options.dtype(at::kBFloat16));
  }
  word_gradients_.values =
      at::zeros({device.is_cpu() ? 0 : config.vocab_size, config.embedding_width()}, options);

  for (const TensorSpec& spec : layout) {
    const auto source = weights.find(spec.name);
    if (source == weights.end() || source->second.sizes() != at::IntArrayRef(spec.shape)) {
      throw Error(ErrorKind::kInternal, "no parameter '" + spec.name + "' of the layout's shape");
    }
    std::int64_t& start = next[part_index(spec.name)];
    at::Tensor weight = weights_.narrow(0, start, elements(spec)).view(spec.shape);
    weight.copy_(source->second);
    entries_.emplace(spec.name, std::move(weight));
    start += elements(spec);
  }
  refresh_operands();
}

const at::Tensor& ParameterBuffer::operator[](std::string_view name) const {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) {
    throw Error(ErrorKind::kInternal, "no parameter '" + std::string(name) + "'");
  }
  return entry->second;
}

const ParameterBuffer::Part& ParameterBuffer::part_of(std::string_view name) const {
  switch (part_index(name)) {
    case kMatrices:
      return matrices_;
    case kTables:
      return tables_;
    case kWords:
      return words_;
    default:
      return vectors_;
  }
}

at::Tensor ParameterBuffer::gradient_view(std::string_view name) const {
  const Part& part = part_of(name);
  if (!part.gradients.defined()) return {};
  const at::Tensor& weight = (*this)[name];
  return part.gradients.narrow(0, weight.storage_offset() - part.start, weight.numel())
      .view(weight.sizes());
}

at::Tensor ParameterBuffer::gradient(std::string_view name) const {
  const at::Tensor view = gradient_view(name);
  if (view.defined()) return view.to(at::kFloat, false, true);
  if (!weights_.is_cpu()) return word_gradients_.values.clone();
  at::Tensor whole = at::zeros((*this)[name].sizes(), weights_.options());
  return whole.index_copy_(0, at::tensor(word_gradients_.rows, at::kLong), word_gradients_.values);
}

LinearView ParameterBuffer::linear(const std::vector<std::string>& names) {
  const at::Tensor& first = (*this)[names.front() + ".weight"];
  const at::Tensor& first_bias = (*this)[names.front() + ".bias"];
  std::int64_t rows = 0;
  for (const std::string& name : names) {
    const at::Tensor& weight = (*this)[name + ".weight"];
    if (weight.storage_offset() != first.storage_offset() + rows * first.size(1) ||
        (*this)[name + ".bias"].storage_offset() != first_bias.storage_offset() + rows) {
      throw Error(ErrorKind::kInternal, "'" + name + "' does not follow those stacked before it");
    }
    rows += weight.size(0);
  }
  const auto view = [&](const at::Tensor& flat, std::int64_t start) {
    return flat.narrow(0, first.storage_offset() - start, rows * first.size(1))
        .view({rows, first.size(1)});
  };
  const std::int64_t bias_start = first_bias.storage_offset();
  return {
      matrices_.operands.defined() ? view(matrices_.operands, matrices_.start) : view(weights_, 0),
      weights_.narrow(0, bias_start, rows),
      view(matrices_.gradients, matrices_.start),
      vectors_.gradients.narrow(0, bias_start - vectors_.start, rows),
      {},
      &pending_update_,
      first.storage_offset() + rows * first.size(1) - matrices_.start};
}

NormView ParameterBuffer::norm(const std::string& name) const {
  return {(*this)[name + ".weight"], (*this)[name + ".bias"], gradient_view(name + ".weight"),
          gradient_view(name + ".bias")};
}

at::Tensor ParameterBuffer::table_gradient(std::string_view name) const {
  return gradient_view(name);
}

void ParameterBuffer::set_weights(const at::Tensor& flat) {
  pending_update_.settle();
  weights_.copy_(flat);
  refresh_operands();
}

void ParameterBuffer::refresh_operands() {
  if (matrices_.operands.defined()) matrices_.operands.copy_(matrices_.weights);
}

std::string ParameterBuffer::non_finite_gradient() const {
  for (const auto& [name, weight] : entries_) {
    const at::Tensor view = gradient_view(name);
    if (!at::isfinite(view.defined() ? view : word_gradients_.values).all().item<bool>()) {
      return name;
    }
  }
  return "";
}

StateDict ParameterBuffer::state_dict() const {
  StateDict weights;
  for (const auto& [name, weight] : entries_) weights.emplace(name, weight.to(at::kCPU));
  return weights;
}

}  // namespace finemix
