// BERT's classifier as it is written down (Devlin et al., NAACL 2019), text by text, from
// LibTorch's operators and with its autograd: what the encoder's packed, hand-written passes are
// compared with.
#pragma once

#include <ATen/ops/addmm.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tanh.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "finemix/model/batch.h"
#include "finemix/model/config.h"
#include "finemix/model/state_dict.h"

namespace finemix::testing {

class PlainBert {
 public:
  // Takes copies, of which gradients can be asked.
  PlainBert(const StateDict& weights, const EncoderConfig& config) : config_(config) {
    for (const auto& [name, tensor] : weights) {
      weights_[name] = tensor.clone().set_requires_grad(true);
    }
  }

  // (texts, labels)
  at::Tensor logits(const PackedBatch& batch) { return layer_logits(batch)[-1]; }
  // What pooler and head make of each layer's first state: (layers, texts, labels)
  at::Tensor layer_logits(const PackedBatch& batch) {
    active_.clear();
    std::vector<at::Tensor> texts;
    for (std::int64_t text = 0; text < batch.texts; ++text) {
      const auto begin = batch.offsets[text].item<std::int64_t>();
      const auto end = batch.offsets[text + 1].item<std::int64_t>();
      const at::Tensor pooled =
          at::tanh(linear("bert.pooler.dense", first_states(batch, begin, end)));
      texts.push_back(linear("classifier", pooled));
    }
    return at::stack(texts, 1);
  }

  // Of each layer of each text in the last pass, text by text: (tokens, intermediate).
  const std::vector<at::Tensor>& active() const { return active_; }

  at::Tensor gradient(const std::string& name) { return weights_.at(name).grad(); }

 private:
  // (layers, hidden)
  at::Tensor first_states(const PackedBatch& batch, std::int64_t begin, std::int64_t end) {
    const auto part = [&](const at::Tensor& of_tokens) { return of_tokens.slice(0, begin, end); };
    const std::string name = "bert.embeddings.";
    at::Tensor x = norm(
        name + "LayerNorm",
        at::embedding(weights_.at(name + "word_embeddings.weight"), part(batch.ids),
                      config_.pad_token_id) +
            at::embedding(weights_.at(name + "token_type_embeddings.weight"),
                          part(batch.type_ids)) +
            at::embedding(weights_.at(name + "position_embeddings.weight"), part(batch.positions)));
    std::vector<at::Tensor> first;
    for (std::int64_t i = 0; i < config_.num_hidden_layers; ++i) {
      x = layer("bert.encoder.layer." + std::to_string(i) + ".", x);
      first.push_back(x[0]);
    }
    return at::stack(first);
  }

  at::Tensor layer(const std::string& name, const at::Tensor& x) {
    const auto heads = [&](const char* which) {
      return linear(name + "attention.self." + which, x)
          .view({x.size(0), config_.num_attention_heads, config_.head_size()})
          .transpose(0, 1);
    };
    const at::Tensor scores = at::matmul(heads("query"), heads("key").transpose(1, 2)) /
                              std::sqrt(static_cast<double>(config_.head_size()));
    const at::Tensor context = at::matmul(at::softmax(scores, -1), heads("value"))
                                   .transpose(0, 1)
                                   .reshape({x.size(0), config_.hidden_size});
    const at::Tensor attended = norm(name + "attention.output.LayerNorm",
                                     linear(name + "attention.output.dense", context) + x);
    const at::Tensor inner = activate(linear(name + "intermediate.dense", attended));
    active_.push_back(inner.detach());
    return norm(name + "output.LayerNorm", linear(name + "output.dense", inner) + attended);
  }

  at::Tensor linear(const std::string& name, const at::Tensor& x) {
    return at::linear(x, weights_.at(name + ".weight"), weights_.at(name + ".bias"));
  }
  at::Tensor norm(const std::string& name, const at::Tensor& x) {
    return at::layer_norm(x, {config_.hidden_size}, weights_.at(name + ".weight"),
                          weights_.at(name + ".bias"), config_.layer_norm_eps);
  }
  at::Tensor activate(const at::Tensor& x) {
    switch (config_.hidden_act) {
      case Activation::kGelu:
        return at::gelu(x);
      case Activation::kGeluTanh:
        return at::gelu(x, "tanh");
      case Activation::kRelu:
        return at::relu(x);
      case Activation::kSilu:
        return at::silu(x);
      case Activation::kTanh:
        return at::tanh(x);
    }
    return {};
  }

  EncoderConfig config_;
  std::map<std::string, at::Tensor> weights_;
  std::vector<at::Tensor> active_;
};

}  // namespace finemix::testing
