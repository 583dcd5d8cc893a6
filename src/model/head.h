#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "finemix/model/classifier.h"
#include "finemix/model/parameters.h"
#include "model/kernels/dropout.h"
#include "model/workspace.h"

namespace finemix {

// Logits from the last state of each text's first token: dense layer, activation, dropout, output
// layer; of some families dropout before the dense layer too. It works on one row a text, so it
// costs nothing, and is in fp32 always.
class Head {
 public:
  // Works on `parameters` and sets their gradients, so they must outlive it.
  Head(ParameterBuffer& parameters, const EncoderConfig& config);

  // (rows, labels) of (rows, hidden).
  at::Tensor logits(const at::Tensor& first) const;
  // The same, and what backward() needs is kept until forget(). Masks are `workspace`'s.
  at::Tensor forward(const at::Tensor& first, const std::optional<DropoutKey>& dropout,
                     Workspace& workspace);
  void forget();
  // The gradient of `first`.
  at::Tensor backward(const at::Tensor& d_logits);

 private:
  at::Tensor dense(const at::Tensor& first) const;
  at::Tensor out(const at::Tensor& active) const;

  HeadTraits traits_;
  double dropout_;
  at::Tensor dense_weight_;
  LinearView dense_;
  at::Tensor output_weight_;
  LinearView output_;

  // Of the last pass.
  at::Tensor input_;   // what the dense layer read
  at::Tensor sum_;     // what it gave
  at::Tensor active_;  // what the output layer read
  DropoutMask input_mask_;
  DropoutMask mask_;
};

}  // namespace finemix
