#include "finemix/model/encoder.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>

#include <string>

#include "finemix/core/error.h"
#include "finemix/model/kernels/attention.h"

namespace finemix {
namespace {

at::Tensor activate(const at::Tensor& x, Activation activation) {
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
  throw Error(ErrorKind::kInternal, "activate: an activation without a case");
}

// The forward pass of one batch. Dropout sites are counted in the order in which they are met.
class Pass {
 public:
  Pass(const ParameterBuffer& parameters, const EncoderConfig& config, const PackedBatch& batch,
       const ForwardOptions& options)
      : parameters_(parameters), config_(config), batch_(batch), options_(options) {}

  at::Tensor embeddings() {
    const std::string name = "bert.embeddings.";
    const at::Tensor sum =
        at::embedding(parameters_[name + "word_embeddings.weight"], batch_.ids) +
        at::embedding(parameters_[name + "token_type_embeddings.weight"], batch_.type_ids) +
        at::embedding(parameters_[name + "position_embeddings.weight"], batch_.positions);
    return hidden_dropout(normalize(name + "LayerNorm", sum));
  }

  // One layer for all rows of x, (tokens, hidden), or, `first_only`, for each text's first.
  at::Tensor layer(const at::Tensor& x, std::int64_t index, bool first_only) {
    const std::string name = "bert.encoder.layer." + std::to_string(index) + ".";
    const at::Tensor asking = first_only ? x.index_select(0, batch_.first) : x;
    const at::Tensor context = attention(
        project(name + "attention.self.query", asking), project(name + "attention.self.key", x),
        project(name + "attention.self.value", x), config_.num_attention_heads, batch_,
        [this](const at::Tensor& probabilities) {
          return drop(probabilities, config_.attention_probs_dropout_prob);
        });
    const at::Tensor attended =
        normalize(name + "attention.output.LayerNorm",
                  hidden_dropout(project(name + "attention.output.dense", context)) + asking);
    const at::Tensor inner =
        activate(project(name + "intermediate.dense", attended), config_.hidden_act);
    return normalize(name + "output.LayerNorm",
                     hidden_dropout(project(name + "output.dense", inner)) + attended);
  }

 private:
  at::Tensor project(const std::string& name, const at::Tensor& x) {
    return linear(parameters_, name, x, options_.precision);
  }
  at::Tensor normalize(const std::string& name, const at::Tensor& x) {
    return at::layer_norm(x, {config_.hidden_size}, parameters_[name + ".weight"],
                          parameters_[name + ".bias"], config_.layer_norm_eps);
  }
  at::Tensor hidden_dropout(const at::Tensor& x) { return drop(x, config_.hidden_dropout_prob); }
  at::Tensor drop(const at::Tensor& x, double p) {
    return options_.dropout ? dropout(x, p, *options_.dropout, site_++) : x;
  }

  const ParameterBuffer& parameters_;
  const EncoderConfig& config_;
  const PackedBatch& batch_;
  const ForwardOptions& options_;
  std::uint64_t site_ = kFirstEncoderSite;
};

}  // namespace

at::Tensor linear(const ParameterBuffer& parameters, const std::string& name, const at::Tensor& x,
                  Precision precision) {
  const at::Tensor& weight = parameters[name + ".weight"];
  const at::Tensor& bias = parameters[name + ".bias"];
  if (precision == Precision::kFp32) return at::linear(x, weight, bias);
  return at::linear(x.to(at::kBFloat16), weight.to(at::kBFloat16), bias.to(at::kBFloat16))
      .to(at::kFloat);
}

at::Tensor encode(const ParameterBuffer& parameters, const EncoderConfig& config,
                  const PackedBatch& batch, const ForwardOptions& options) {
  Pass pass(parameters, config, batch, options);
  at::Tensor x = pass.embeddings();
  for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    x = pass.layer(x, layer, layer + 1 == config.num_hidden_layers);
  }
  return x;
}

}  // namespace finemix
