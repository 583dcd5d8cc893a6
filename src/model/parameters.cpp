#include "finemix/model/parameters.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/zeros.h>

#include "finemix/core/error.h"

namespace finemix {
namespace {

bool decays(std::string_view name) {
  return !name.ends_with(".bias") && name.find("LayerNorm") == std::string_view::npos;
}

}  // namespace

ParameterBuffer::ParameterBuffer(const StateDict& weights, at::Device device) {
  const at::NoGradGuard no_grad;
  std::int64_t total = 0;
  for (const auto& [name, tensor] : weights) {
    total += tensor.numel();
    if (decays(name)) decaying_ += tensor.numel();
  }
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  weights_ = at::empty({total}, options);
  gradients_ = at::zeros({total}, options);

  std::int64_t next[] = {decaying_,
                         0};  // of the part that does not decay, and of the one that does
  for (const auto& [name, tensor] : weights) {
    std::int64_t& start = next[decays(name)];
    at::Tensor weight = weights_.narrow(0, start, tensor.numel()).view(tensor.sizes()).detach();
    weight.copy_(tensor);
    weight.set_requires_grad(true);
    // Autograd adds to a gradient that is there already, so it stays a view of the flat buffer.
    weight.mutable_grad() = gradients_.narrow(0, start, tensor.numel()).view(tensor.sizes());
    start += tensor.numel();
    entries_.emplace(name, std::move(weight));
  }
}

const at::Tensor& ParameterBuffer::operator[](std::string_view name) const {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) {
    throw Error(ErrorKind::kInternal, "no parameter '" + std::string(name) + "'");
  }
  return entry->second;
}

std::string ParameterBuffer::non_finite_gradient() const {
  for (const auto& [name, weight] : entries_) {
    if (!at::isfinite(weight.grad()).all().item<bool>()) return name;
  }
  return "";
}

StateDict ParameterBuffer::state_dict() const {
  StateDict copy;
  for (const auto& [name, weight] : entries_) {
    copy.emplace(name, weight.detach().to(at::kCPU, at::kFloat, false, true).contiguous());
  }
  return copy;
}

}  // namespace finemix
