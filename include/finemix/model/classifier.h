#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finemix/model/batch.h"
#include "finemix/model/device.h"
#include "finemix/model/kernels/dropout.h"
#include "finemix/model/state_dict.h"

namespace finemix {

// Trainable weights in one flat buffer, gradients in another, so that an optimizer step is one
// pass. Matrices and embeddings come first, then biases and LayerNorms, which do not decay.
class ParameterBuffer {
 public:
  ParameterBuffer(const StateDict& weights, at::Device device);

  const at::Tensor& operator[](std::string_view name) const;
  at::Tensor& weights() { return weights_; }      // (parameters), fp32
  at::Tensor& gradients() { return gradients_; }  // (parameters), fp32
  const at::Tensor& weights() const { return weights_; }
  std::int64_t decaying() const { return decaying_; }  // length of the part that decays
  // The first tensor whose gradient holds a NaN or Inf, or "".
  std::string non_finite_gradient() const;
  StateDict state_dict() const;  // copies, on the CPU

 private:
  struct Entry {
    at::Tensor weight;
    at::Tensor gradient;
  };
  std::map<std::string, Entry, std::less<>> entries_;
  at::Tensor weights_;
  at::Tensor gradients_;
  std::int64_t decaying_ = 0;
};

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
