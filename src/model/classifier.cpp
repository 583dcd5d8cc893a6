#include "finemix/model/classifier.h"

#include <ATen/ops/tanh.h>

#include <string>

#include "finemix/core/error.h"

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

Classifier::Classifier(const Model& model, at::Device device, Precision precision)
    : config_(model.config),
      device_(device),
      precision_(precision),
      parameters_(with_head(model), device) {}

at::Tensor Classifier::logits(const PackedBatch& batch,
                              const std::optional<DropoutKey>& key) const {
  const at::Tensor first = encode(parameters_, config_, batch, {precision_, key});
  at::Tensor pooled = at::tanh(linear(parameters_, "bert.pooler.dense", first, precision_));
  if (key) pooled = dropout(pooled, config_.classifier_dropout, *key, kClassifierSite);
  return linear(parameters_, "classifier", pooled, precision_);
}

}  // namespace finemix
