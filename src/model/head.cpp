#include "model/head.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/threshold_backward.h>

#include <string>

#include "finemix/core/error.h"
#include "finemix/core/profile.h"
#include "finemix/model/tensor_layout.h"
#include "model/encoder.h"

namespace finemix {
namespace {

[[noreturn]] void no_such_activation() {
  throw Error(ErrorKind::kInternal, "a head's activation without a case");
}

at::Tensor activate(Activation activation, const at::Tensor& sum) {
  switch (activation) {
    case Activation::kTanh:
      return at::tanh(sum);
    case Activation::kRelu:
      return at::relu(sum);
    case Activation::kGelu:
      return at::gelu(sum);
    default:
      no_such_activation();
  }
}

at::Tensor activate_backward(Activation activation, const at::Tensor& d_active,
                             const at::Tensor& sum) {
  switch (activation) {
    case Activation::kTanh: {
      const at::Tensor active = at::tanh(sum);
      return d_active * (1.0 - active * active);
    }
    case Activation::kRelu:
      return at::threshold_backward(d_active, sum, 0);
    case Activation::kGelu:
      return at::gelu_backward(d_active, sum);
    default:
      no_such_activation();
  }
}

void set(LinearView& linear, const at::Tensor& d_y, const at::Tensor& x) {
  linear.weight_gradient.copy_(at::mm(d_y.t(), x));
  linear.bias_gradient.copy_(d_y.sum(0));
}

}  // namespace

Head::Head(ParameterBuffer& parameters, const EncoderConfig& config)
    : traits_(config.traits().head), dropout_(config.classifier_dropout) {
  const std::string dense(head_dense(config));
  dense_weight_ = parameters[dense + ".weight"];
  dense_ = parameters.linear({dense});
  output_weight_ = parameters[kClassifierWeight];
  output_ = parameters.linear({"classifier"});
}

at::Tensor Head::dense(const at::Tensor& first) const {
  output_.settle();  // and what is before it
  return at::addmm(dense_.bias, first, dense_weight_.t());
}

at::Tensor Head::out(const at::Tensor& active) const {
  return at::addmm(output_.bias, active, output_weight_.t());
}

at::Tensor Head::logits(const at::Tensor& first) const {
  const ProfilePart part("pooler and head");
  return out(activate(traits_.activation, dense(first)));
}

at::Tensor Head::forward(const at::Tensor& first, const std::optional<DropoutKey>& dropout,
                         Workspace& workspace) {
  const auto mask = [&](std::uint64_t site) {
    return dropout ? dropout_mask(first.size(0), first.size(1), dropout_, *dropout, site,
                                  first.device(), workspace)
                   : DropoutMask();
  };
  mask_ = mask(kClassifierSite);
  if (traits_.drops_input) input_mask_ = mask(kHeadInputSite);
  const ProfilePart part("pooler and head");
  input_ = apply_dropout(input_mask_, first);
  sum_ = dense(input_);
  active_ = apply_dropout(mask_, activate(traits_.activation, sum_));
  return out(active_);
}

void Head::forget() {
  input_.reset();
  mask_ = {};
  input_mask_ = {};
}

at::Tensor Head::backward(const at::Tensor& d_logits) {
  const ProfilePart part("pooler and head");
  if (!input_.defined()) {
    throw Error(ErrorKind::kInternal, "Classifier::backward: the last pass was not kept");
  }
  set(output_, d_logits, active_);
  const at::Tensor d_active = apply_dropout(mask_, at::mm(d_logits, output_weight_));
  const at::Tensor d_sum = activate_backward(traits_.activation, d_active, sum_);
  set(dense_, d_sum, input_);
  return apply_dropout(input_mask_, at::mm(d_sum, dense_weight_));
}

}  // namespace finemix
