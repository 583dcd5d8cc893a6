#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace finemix {

enum class Activation { kGelu, kGeluTanh, kRelu, kSilu, kTanh };

// A BERT encoder's shape, with the names and defaults of Hugging Face's BertConfig.
struct EncoderConfig {
  std::int64_t vocab_size = 30522;
  std::int64_t hidden_size = 768;
  std::int64_t num_hidden_layers = 12;
  std::int64_t num_attention_heads = 12;
  std::int64_t intermediate_size = 3072;
  std::int64_t max_position_embeddings = 512;
  std::int64_t type_vocab_size = 2;
  std::int64_t num_labels = 2;
  Activation hidden_act = Activation::kGelu;
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  double classifier_dropout = 0.1;  // hidden_dropout_prob unless given
  double layer_norm_eps = 1e-12;
  double initializer_range = 0.02;

  std::int64_t head_size() const { return hidden_size / num_attention_heads; }
};

// Reads config.json's text. Every value is bounded before anything is sized by it. Throws
// kMalformed naming `object`, the key, what was found and expected; kMismatch when model_type is
// not "bert" or the architecture is one that this version cannot run (decoder, relative positions).
EncoderConfig parse_encoder_config(std::string_view text, std::string_view object);

// The text of a classifier's config.json: `original` with `architectures` and the label maps set
// for `num_labels`; everything else, label names that fit included, is kept.
std::string classifier_config_text(std::string_view original, std::int64_t num_labels);

}  // namespace finemix
