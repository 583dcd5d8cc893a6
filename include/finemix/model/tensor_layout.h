#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/model/config.h"

namespace finemix {

struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  bool optional = false;  // pooler and head: what a pre-trained model may lack
};

// Every tensor of a BertForSequenceClassification of this size.
std::vector<TensorSpec> tensor_layout(const EncoderConfig& config);

// A stored tensor's name in the layout: with the `bert.` prefix, `LayerNorm.gamma` and `.beta` (old
// files) called weight and bias. "" for buffers and pre-training heads, which are left out.
std::string canonical_tensor_name(std::string_view stored);

}  // namespace finemix
