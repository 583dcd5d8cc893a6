#include "train/gradient_sum.h"

#include <ATen/ops/stack.h>

#include <array>

namespace finemix {
namespace {

std::array<at::Tensor, 3> gradients_of(const ParameterBuffer& parameters) {
  return {parameters.matrices().gradients, parameters.tables().gradients,
          parameters.vectors().gradients};
}

at::Tensor copy_of(const at::Tensor& gradient) {
  return gradient.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace

void GradientSum::add(const ParameterBuffer& parameters) {
  const auto gradients = gradients_of(parameters);
  const RowGradients& words = parameters.word_gradients();
  const bool dense = !words.values.is_cpu();
  // Memory may be short here too: what is new is whole before anything of it is kept.
  GradientSum made;
  if (sums_.empty()) {
    for (const at::Tensor& gradient : gradients) made.sums_.push_back(copy_of(gradient));
    if (dense) made.words_ = copy_of(words.values);
  }
  for (std::size_t i = 0; i < words.rows.size() && !dense; ++i) {
    if (rows_.contains(words.rows[i])) continue;
    made.rows_[words.rows[i]] = copy_of(words.values[static_cast<std::int64_t>(i)]);
  }

  if (sums_.empty()) {
    sums_ = std::move(made.sums_);
    words_ = std::move(made.words_);
  } else {
    for (std::size_t i = 0; i < gradients.size(); ++i) sums_[i].add_(gradients[i]);
    if (dense) words_.add_(words.values);
  }
  for (std::size_t i = 0; i < words.rows.size() && !dense; ++i) {
    const auto place = rows_.find(words.rows[i]);
    if (place != rows_.end()) place->second.add_(words.values[static_cast<std::int64_t>(i)]);
  }
  rows_.merge(made.rows_);
}

void GradientSum::write(ParameterBuffer& parameters) {
  if (sums_.empty()) return;
  const auto gradients = gradients_of(parameters);
  for (std::size_t i = 0; i < gradients.size(); ++i) gradients[i].copy_(sums_[i]);
  RowGradients& words = parameters.word_gradients();
  if (words_.defined()) words.values.copy_(words_);
  if (!rows_.empty()) {
    std::vector<at::Tensor> values;
    words.rows.clear();
    for (auto& [row, value] : rows_) {
      words.rows.push_back(row);
      values.push_back(value);
    }
    words.values = at::stack(values);
  }
  *this = {};
}

}  // namespace finemix
