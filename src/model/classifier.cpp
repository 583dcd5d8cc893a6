#include "finemix/model/classifier.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tanh.h>

#include <string>

#include "finemix/core/error.h"
#include "finemix/core/profile.h"
#include "model/encoder.h"
#include "model/kernels/dropout.h"

namespace finemix {
namespace {

const StateDict& with_head(const Model& model) {
  for (const char* name : {"bert.pooler.dense.weight", "classifier.weight", "classifier.bias"}) {
    if (!model.weights.contains(name)) {
      throw Error(ErrorKind::kMismatch,
                  model.directory.string() + ": no tensor '" + name +
                      "', so this is no classifier; train one with `finemix train --pretrained`");
    }
  }
  return model.weights;
}

}  // namespace

// The pooler and the head work on one row a text, so they cost nothing, and are in fp32 always.
class Classifier::Head {
 public:
  explicit Head(ParameterBuffer& parameters)
      : pooler_weight_(parameters["bert.pooler.dense.weight"]),
        pooler_(parameters.linear({"bert.pooler.dense"})),
        output_weight_(parameters[kClassifierWeight]),
        output_(parameters.linear({"classifier"})) {}

  at::Tensor logits(const at::Tensor& first) const {
    const ProfilePart part("pooler and head");
    return out(pooled(first));
  }

  // The same, and what backward() needs is kept until forget().
  at::Tensor forward(const at::Tensor& first, const DropoutMask& mask) {
    const ProfilePart part("pooler and head");
    first_ = first;
    mask_ = mask;
    pooled_ = pooled(first);
    dropped_ = apply_dropout(mask, pooled_);
    return out(dropped_);
  }
  void forget() {
    first_.reset();
    mask_ = {};
  }

  // The gradient of `first`.
  at::Tensor backward(const at::Tensor& d_logits) {
    const ProfilePart part("pooler and head");
    if (!first_.defined()) {
      throw Error(ErrorKind::kInternal, "Classifier::backward: the last pass was not kept");
    }
    set(output_, d_logits, dropped_);
    const at::Tensor d_pooled = apply_dropout(mask_, at::mm(d_logits, output_weight_));
    const at::Tensor d_sum = d_pooled * (1.0 - pooled_ * pooled_);
    set(pooler_, d_sum, first_);
    return at::mm(d_sum, pooler_weight_);
  }

 private:
  at::Tensor pooled(const at::Tensor& first) const {
    output_.settle();  // and what is before it
    return at::tanh(at::addmm(pooler_.bias, first, pooler_weight_.t()));
  }
  at::Tensor out(const at::Tensor& pooled) const {
    return at::addmm(output_.bias, pooled, output_weight_.t());
  }
  static void set(LinearView& linear, const at::Tensor& d_y, const at::Tensor& x) {
    linear.weight_gradient.copy_(at::mm(d_y.t(), x));
    linear.bias_gradient.copy_(d_y.sum(0));
  }

  at::Tensor pooler_weight_;
  LinearView pooler_;
  at::Tensor output_weight_;
  LinearView output_;
  at::Tensor first_;
  at::Tensor pooled_;
  at::Tensor dropped_;
  DropoutMask mask_;
};

Classifier::Classifier(const Model& model, at::Device device, Precision precision)
    : config_(model.config),
      device_(device),
      precision_(precision),
      parameters_(std::make_unique<ParameterBuffer>(with_head(model), config_, device, precision)),
      encoder_(std::make_unique<Encoder>(*parameters_, config_, device, precision)),
      head_(std::make_unique<Head>(*parameters_)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

at::Tensor Classifier::logits(const PackedBatch& batch) const {
  const at::NoGradGuard no_grad;
  head_->forget();  // its memory is the encoder's
  return head_->logits(encoder_->forward(batch, std::nullopt, false));
}

at::Tensor Classifier::forward(const PackedBatch& batch, const std::optional<DropoutKey>& key) {
  const at::NoGradGuard no_grad;
  head_->forget();
  return head_forward(encoder_->forward(batch, key, true), key);
}

at::Tensor Classifier::forward_layers(const PackedBatch& batch,
                                      const std::optional<DropoutKey>& key) {
  const at::NoGradGuard no_grad;
  head_->forget();
  const at::Tensor first = encoder_->forward_layers(batch, key);
  return head_forward(first.flatten(0, 1), key).view({first.size(0), batch.texts, -1});
}

at::Tensor Classifier::head_forward(const at::Tensor& first, const std::optional<DropoutKey>& key) {
  DropoutMask mask;
  if (key) {
    mask = dropout_mask(first.size(0), config_.hidden_size, config_.classifier_dropout, *key,
                        kClassifierSite, device_, encoder_->workspace());
  }
  return head_->forward(first, mask);
}

at::Tensor Classifier::activations(std::size_t layer) const { return encoder_->activations(layer); }

void Classifier::backward(const at::Tensor& d_logits) {
  const at::NoGradGuard no_grad;
  const bool every_layer = d_logits.dim() == 3;
  const at::Tensor d_first = head_->backward(every_layer ? d_logits.flatten(0, 1) : d_logits);
  encoder_->backward(
      every_layer ? d_first.view({d_logits.size(0), d_logits.size(1), d_first.size(1)}) : d_first);
}

struct InferenceLanes::Lane {
  Encoder encoder;
  Classifier::Head head;
};

InferenceLanes::InferenceLanes(const Classifier& model, std::size_t count) {
  model.parameters_->pending_update().settle();  // lanes could not, beside each other
  Encoder packed = model.encoder_->beside();
  packed.pack_weights();
  for (std::size_t i = 0; i < count; ++i) {
    lanes_.push_back({packed.beside(), Classifier::Head(*model.parameters_)});
  }
}
InferenceLanes::~InferenceLanes() = default;

at::Tensor InferenceLanes::logits(std::size_t lane, const PackedBatch& batch) {
  const at::NoGradGuard no_grad;
  Lane& own = lanes_[lane];
  return own.head.logits(own.encoder.forward(batch, std::nullopt, false));
}

}  // namespace finemix
