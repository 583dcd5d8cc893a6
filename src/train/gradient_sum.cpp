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
  const bool first = sums_.empty();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    first ? sums_.push_back(copy_of(gradients[i])) : void(sums_[i].add_(gradients[i]));
  }
  if (!words.values.is_cpu()) {
    first ? void(words_ = copy_of(words.values)) : void(words_.add_(words.values));
    return;
  }
  for (std::size_t i = 0; i < words.rows.size(); ++i) {
    const at::Tensor row = words.values[static_cast<std::int64_t>(i)];
    const auto [place, is_new] = rows_.try_emplace(words.rows[i]);
    is_new ? void(place->second = copy_of(row)) : void(place->second.add_(row));
  }
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
