#include "finemix/model/tensor_layout.h"

namespace finemix {
namespace {

class Layout {
 public:
  void matrix(const std::string& name, std::int64_t out, std::int64_t in, bool optional = false) {
    specs_.push_back({name + ".weight", {out, in}, optional});
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in, bool optional = false) {
    matrix(name, out, in, optional);
    specs_.push_back({name + ".bias", {out}, optional});
  }
  void layer_norm(const std::string& name, std::int64_t size) {
    specs_.push_back({name + ".weight", {size}});
    specs_.push_back({name + ".bias", {size}});
  }
  std::vector<TensorSpec> take() { return std::move(specs_); }

 private:
  std::vector<TensorSpec> specs_;
};

bool replace_end(std::string& name, std::string_view old_end, std::string_view new_end) {
  if (!name.ends_with(old_end)) return false;
  name.replace(name.size() - old_end.size(), old_end.size(), new_end);
  return true;
}

}  // namespace

std::vector<TensorSpec> tensor_layout(const EncoderConfig& config) {
  const std::int64_t hidden = config.hidden_size;
  Layout layout;
  layout.matrix("bert.embeddings.word_embeddings", config.vocab_size, hidden);
  layout.matrix("bert.embeddings.position_embeddings", config.max_position_embeddings, hidden);
  layout.matrix("bert.embeddings.token_type_embeddings", config.type_vocab_size, hidden);
  layout.layer_norm("bert.embeddings.LayerNorm", hidden);
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string name = "bert.encoder.layer." + std::to_string(i) + ".";
    layout.linear(name + "attention.self.query", hidden, hidden);
    layout.linear(name + "attention.self.key", hidden, hidden);
    layout.linear(name + "attention.self.value", hidden, hidden);
    layout.linear(name + "attention.output.dense", hidden, hidden);
    layout.layer_norm(name + "attention.output.LayerNorm", hidden);
    layout.linear(name + "intermediate.dense", config.intermediate_size, hidden);
    layout.linear(name + "output.dense", hidden, config.intermediate_size);
    layout.layer_norm(name + "output.LayerNorm", hidden);
  }
  layout.linear("bert.pooler.dense", hidden, hidden, true);
  layout.linear("classifier", config.num_labels, hidden, true);
  return layout.take();
}

std::string canonical_tensor_name(std::string_view stored) {
  std::string name(stored);
  if (name.starts_with("cls.") || name.ends_with("embeddings.position_ids") ||
      name.ends_with("embeddings.token_type_ids")) {
    return "";
  }
  replace_end(name, "LayerNorm.gamma", "LayerNorm.weight") ||
      replace_end(name, "LayerNorm.beta", "LayerNorm.bias");
  for (const std::string_view part : {"embeddings.", "encoder.", "pooler."}) {
    if (name.starts_with(part)) return "bert." + name;
  }
  return name;
}

}  // namespace finemix
