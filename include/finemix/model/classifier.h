#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "finemix/model/encoder.h"
#include "finemix/model/state_dict.h"

namespace finemix {

// BERT with a classification head (Devlin et al., NAACL 2019), on packed batches. One path for
// training and inference.
class Classifier {
 public:
  // Copies `model`'s weights; it must have a pooler and a head. Throws kMismatch otherwise.
  Classifier(const Model& model, at::Device device, Precision precision = Precision::kFp32);

  const EncoderConfig& config() const { return config_; }
  at::Device device() const { return device_; }
  ParameterBuffer& parameters() { return parameters_; }
  const ParameterBuffer& parameters() const { return parameters_; }

  // (texts, labels), fp32. Dropout is applied when `dropout` is given. Gradients flow unless the
  // caller holds a c10::NoGradGuard.
  at::Tensor logits(const PackedBatch& batch,
                    const std::optional<DropoutKey>& dropout = std::nullopt) const;

 private:
  EncoderConfig config_;
  at::Device device_;
  Precision precision_;
  ParameterBuffer parameters_;
};

}  // namespace finemix
