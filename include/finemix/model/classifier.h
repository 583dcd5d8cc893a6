#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "finemix/model/batch.h"
#include "finemix/model/config.h"
#include "finemix/model/device.h"
#include "finemix/model/parameters.h"
#include "finemix/model/state_dict.h"

namespace finemix {

// What makes dropout masks: each is a pure function of (seed, step, site, element), whatever the
// number of threads.
struct DropoutKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};

class Encoder;
class Head;

// An encoder with a classification head (BERT: Devlin et al., NAACL 2019), on packed batches;
// forward and backward passes are written by hand, and one forward pass serves training and
// inference. An object keeps the memory of its passes, so it is for one thread at a time.
class Classifier {
 public:
  // Copies `model`'s weights; it must have a head. Throws kMismatch otherwise.
  Classifier(const Model& model, at::Device device, Precision precision = Precision::kFp32);
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;
  ~Classifier();

  const EncoderConfig& config() const { return config_; }
  at::Device device() const { return device_; }
  Precision precision() const { return precision_; }
  ParameterBuffer& parameters() { return *parameters_; }
  const ParameterBuffer& parameters() const { return *parameters_; }

  // (texts, labels), fp32.
  at::Tensor logits(const PackedBatch& batch) const;

  // The same, and what backward() needs of this pass is kept. Dropout is applied when `dropout` is
  // given.
  at::Tensor forward(const PackedBatch& batch, const std::optional<DropoutKey>& dropout);
  // What the units of this layer's feed-forward part gave in the last forward pass: (tokens,
  // intermediate), of the last layer (texts, intermediate), a view until the next pass.
  at::Tensor activations(std::size_t layer) const;
  // The same of every layer's [CLS], which the one head takes: (layers, texts, labels).
  at::Tensor forward_layers(const PackedBatch& batch, const std::optional<DropoutKey>& dropout);
  // Sets all gradients of parameters() from that of the logits that the last pass of these gave.
  void backward(const at::Tensor& d_logits);

 private:
  friend class InferenceLanes;

  EncoderConfig config_;
  at::Device device_;
  Precision precision_;
  std::unique_ptr<ParameterBuffer> parameters_;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<Head> head_;
};

// Several inference passes beside each other on the weights of one classifier, which must not
// change meanwhile: an object has lanes, each of which is for one thread at a time. They share a
// copy of the weights that is laid out for products, and each keeps the memory of its own passes.
class InferenceLanes {
 public:
  InferenceLanes(const Classifier& model, std::size_t count);
  ~InferenceLanes();
  InferenceLanes(const InferenceLanes&) = delete;
  InferenceLanes& operator=(const InferenceLanes&) = delete;

  // As Classifier::logits.
  at::Tensor logits(std::size_t lane, const PackedBatch& batch);

 private:
  struct Lane;
  std::vector<Lane> lanes_;
};

}  // namespace finemix
