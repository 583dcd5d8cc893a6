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

// Every tensor of a sequence classifier of this family and size, under finemix's names: those of a
// BertForSequenceClassification, `bert.embeddings_project` where embeddings are narrower than
// states, and `classifier.dense` where the head's dense layer is no pooler.
std::vector<TensorSpec> tensor_layout(const EncoderConfig& config);

// The dense layer of the head, which is a pooler or not.
std::string_view head_dense(const EncoderConfig& config);

// What transformers calls a tensor of the layout in this family's classifiers.
std::string stored_tensor_name(const EncoderConfig& config, std::string_view name);
// All that a file may call it, the same first: also without the encoder's prefix, and with
// `LayerNorm.gamma` and `.beta` for weight and bias (old files).
std::vector<std::string> stored_tensor_names(const EncoderConfig& config, std::string_view name);
// Whether a file's tensor is one that a classifier has no use for: buffers, pre-training heads, and
// poolers where the head has none.
bool is_left_out(const EncoderConfig& config, std::string_view stored);

}  // namespace finemix
