#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "finemix/model/batch.h"
#include "finemix/model/config.h"
#include "finemix/model/device.h"
#include "finemix/model/kernels/dropout.h"
#include "finemix/model/parameters.h"

namespace finemix {

// How one forward pass is run.
struct ForwardOptions {
  Precision precision = Precision::kFp32;  // of matrix products; everything else is fp32
  std::optional<DropoutKey> dropout;       // absent: no dropout
};

// y = x Wᵀ + b for rows x, with the weight and bias called `name`.weight and `name`.bias. fp32 in
// and out; the product in `precision`.
at::Tensor linear(const ParameterBuffer& parameters, const std::string& name, const at::Tensor& x,
                  Precision precision);

// The last layer's state of each text's [CLS], (texts, hidden). BERT encoder, Devlin et al., NAACL
// 2019. Only [CLS] leaves the last layer, so that layer computes nothing else after its keys and
// values.
at::Tensor encode(const ParameterBuffer& parameters, const EncoderConfig& config,
                  const PackedBatch& batch, const ForwardOptions& options);

}  // namespace finemix
