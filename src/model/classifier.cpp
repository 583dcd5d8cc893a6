#include "finemix/model/classifier.h"

#include <ATen/core/grad_mode.h>

#include <string>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/model/tensor_layout.h"
#include "model/encoder.h"
#include "model/head.h"

namespace finemix {
namespace {

const StateDict& with_head(const Model& model) {
  for (const TensorSpec& spec : tensor_layout(model.config)) {
    if (!model.weights.contains(spec.name)) {
      throw Error(ErrorKind::kMismatch,
                  model.directory.string() + ": no tensor " +
                      quote(stored_tensor_name(model.config, spec.name)) +
                      ", so this is no classifier; train one with `finemix train --pretrained`");
    }
  }
  return model.weights;
}

}  // namespace

Classifier::Classifier(const Model& model, at::Device device, Precision precision)
    : config_(model.config),
      device_(device),
      precision_(precision),
      parameters_(std::make_unique<ParameterBuffer>(with_head(model), config_, device, precision)),
      encoder_(std::make_unique<Encoder>(*parameters_, config_, device, precision)),
      head_(std::make_unique<Head>(*parameters_, config_)) {}
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
  const at::Tensor first = encoder_->forward(batch, key, true);
  return head_->forward(first, key, encoder_->workspace());
}

at::Tensor Classifier::forward_layers(const PackedBatch& batch,
                                      const std::optional<DropoutKey>& key) {
  const at::NoGradGuard no_grad;
  head_->forget();
  const at::Tensor first = encoder_->forward_layers(batch, key);
  const at::Tensor logits = head_->forward(first.flatten(0, 1), key, encoder_->workspace());
  return logits.view({first.size(0), batch.texts, -1});
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
  Head head;
};

InferenceLanes::InferenceLanes(const Classifier& model, std::size_t count) {
  model.parameters_->pending_update().settle();  // lanes could not, beside each other
  Encoder packed = model.encoder_->beside();
  packed.pack_weights();
  for (std::size_t i = 0; i < count; ++i) {
    lanes_.push_back({packed.beside(), Head(*model.parameters_, model.config_)});
  }
}
InferenceLanes::~InferenceLanes() = default;

at::Tensor InferenceLanes::logits(std::size_t lane, const PackedBatch& batch) {
  const at::NoGradGuard no_grad;
  Lane& own = lanes_[lane];
  return own.head.logits(own.encoder.forward(batch, std::nullopt, false));
}

}  // namespace finemix
