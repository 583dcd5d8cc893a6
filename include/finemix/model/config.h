#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/model/family.h"

namespace finemix {

// An encoder's shape, with the names and defaults of Hugging Face's BertConfig.
struct EncoderConfig {
  Family family = Family::kBert;
  std::int64_t vocab_size = 30522;
  std::int64_t hidden_size = 768;
  std::int64_t embedding_size = 0;  // of word, position and type embeddings; 0: hidden_size
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

  // Of families that share layers: groups of layers that follow one another have their weights in
  // common, and a group is `inner_group_num` layers with weights of their own. 0: nothing is
  // shared.
  std::int64_t num_hidden_groups = 0;
  std::int64_t inner_group_num = 1;
  // Its embeddings are not trained, and some families' positions count from it; -1: there is none.
  std::int64_t pad_token_id = 0;

  const FamilyTraits& traits() const { return traits_of(family); }
  std::int64_t head_size() const { return hidden_size / num_attention_heads; }
  std::int64_t embedding_width() const { return embedding_size > 0 ? embedding_size : hidden_size; }
  bool projects_embeddings() const;
  // The row of the position table that a text's first token has, and how many tokens a text may
  // have.
  std::int64_t first_position() const;
  std::int64_t max_tokens() const { return max_position_embeddings - first_position(); }
  // How many layers a text goes through, how many have weights of their own, and which of these the
  // i-th is.
  std::int64_t depth() const { return num_hidden_layers * inner_group_num; }
  std::int64_t stored_layers() const;
  std::int64_t stored_layer(std::int64_t index) const;
};

// Reads config.json's text. Every value is bounded before anything is sized by it. Throws
// kMalformed naming `object`, the key, what was found and expected; kMismatch when model_type is
// none of family_names() or the architecture is one that this version cannot run (decoder, relative
// positions).
EncoderConfig parse_encoder_config(std::string_view text, std::string_view object);

// What differs between two of one family that changes what a model computes from the same weights,
// in words.
std::vector<std::string> differences(const EncoderConfig& pretrained,
                                     const EncoderConfig& backdoored);

// The text of a classifier's config.json: `original` with `architectures` of the family and the
// label maps set for `num_labels`; everything else, label names that fit included, is kept.
std::string classifier_config_text(std::string_view original, Family family,
                                   std::int64_t num_labels);
// The text with another dtype, where it names one ("dtype"; old versions have "torch_dtype").
std::string config_text_of_dtype(std::string_view original, std::string_view dtype);

}  // namespace finemix
