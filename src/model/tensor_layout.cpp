#include "finemix/model/tensor_layout.h"

#include <algorithm>
#include <array>
#include <utility>

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

constexpr std::string_view kPrefix = "bert.";
constexpr std::string_view kLayer = "bert.encoder.layer.";

struct Split {
  std::string module;
  std::string leaf;   // ".weight" or ".bias"
  std::string layer;  // its number, "" outside of layers; '#' in the module
};

Split split(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  Split parts{std::string(name.substr(0, dot)), std::string(name.substr(dot)), ""};
  if (!name.starts_with(kLayer)) return parts;
  const std::size_t end = parts.module.find('.', kLayer.size());
  parts.layer = parts.module.substr(kLayer.size(), end - kLayer.size());
  parts.module.replace(kLayer.size(), parts.layer.size(), "#");
  return parts;
}

void put(std::string& pattern, char place, const std::string& value) {
  if (const std::size_t at = pattern.find(place); at != std::string::npos) {
    pattern.replace(at, 1, value);
  }
}

bool is_pretraining_head(std::string_view name) {
  constexpr std::array<std::string_view, 10> kHeads = {"cls.",
                                                       "lm_head.",
                                                       "predictions.",
                                                       "sop_classifier.",
                                                       "vocab_transform.",
                                                       "vocab_layer_norm.",
                                                       "vocab_projector.",
                                                       "discriminator_predictions.",
                                                       "generator_predictions.",
                                                       "generator_lm_head."};
  return std::ranges::any_of(kHeads, [&](auto head) { return name.starts_with(head); });
}

}  // namespace

std::vector<TensorSpec> tensor_layout(const EncoderConfig& config) {
  const FamilyTraits& traits = config.traits();
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t width = config.embedding_width();
  Layout layout;
  layout.matrix("bert.embeddings.word_embeddings", config.vocab_size, width);
  layout.matrix("bert.embeddings.position_embeddings", config.max_position_embeddings, width);
  if (traits.has_type_embeddings) {
    layout.matrix("bert.embeddings.token_type_embeddings", config.type_vocab_size, width);
  }
  layout.layer_norm("bert.embeddings.LayerNorm", width);
  if (config.projects_embeddings()) layout.linear("bert.embeddings_project", hidden, width);
  for (std::int64_t i = 0; i < config.stored_layers(); ++i) {
    const std::string name = std::string(kLayer) + std::to_string(i) + ".";
    layout.linear(name + "attention.self.query", hidden, hidden);
    layout.linear(name + "attention.self.key", hidden, hidden);
    layout.linear(name + "attention.self.value", hidden, hidden);
    layout.linear(name + "attention.output.dense", hidden, hidden);
    layout.layer_norm(name + "attention.output.LayerNorm", hidden);
    layout.linear(name + "intermediate.dense", config.intermediate_size, hidden);
    layout.linear(name + "output.dense", hidden, config.intermediate_size);
    layout.layer_norm(name + "output.LayerNorm", hidden);
  }
  layout.linear(std::string(head_dense(config)), hidden, hidden, true);
  layout.linear("classifier", config.num_labels, hidden, true);
  return layout.take();
}

std::string_view head_dense(const EncoderConfig& config) {
  return config.traits().head.is_pooled ? "bert.pooler.dense" : "classifier.dense";
}

std::string stored_tensor_name(const EncoderConfig& config, std::string_view name) {
  const FamilyTraits& traits = config.traits();
  const Split parts = split(name);
  const auto module =
      std::ranges::find(traits.modules, std::string_view(parts.module), &ModuleName::ours);
  if (module != traits.modules.end()) {
    std::string stored(module->theirs);
    if (!parts.layer.empty()) {
      const std::int64_t layer = std::stoll(parts.layer);
      const std::int64_t group = config.num_hidden_groups > 0 ? layer / config.inner_group_num : 0;
      put(stored, '@', std::to_string(group));
      put(stored, '#', std::to_string(layer - group * config.inner_group_num));
    }
    return stored + parts.leaf;
  }
  if (!name.starts_with(kPrefix)) return std::string(name);
  return std::string(traits.prefix) + std::string(name.substr(kPrefix.size()));
}

std::vector<std::string> stored_tensor_names(const EncoderConfig& config, std::string_view name) {
  std::vector<std::string> names{stored_tensor_name(config, name)};
  const std::string_view prefix = config.traits().prefix;
  if (names[0].starts_with(prefix)) names.push_back(names[0].substr(prefix.size()));
  for (const auto& [leaf, old_leaf] :
       {std::pair("LayerNorm.weight", "LayerNorm.gamma"), {"LayerNorm.bias", "LayerNorm.beta"}}) {
    for (std::size_t i = 0, count = names.size(); i < count; ++i) {
      const std::string& stored = names[i];
      if (!stored.ends_with(leaf)) continue;
      names.push_back(stored.substr(0, stored.size() - std::string_view(leaf).size()) + old_leaf);
    }
  }
  return names;
}

bool is_left_out(const EncoderConfig& config, std::string_view stored) {
  if (stored.ends_with("embeddings.position_ids") ||
      stored.ends_with("embeddings.token_type_ids")) {
    return true;
  }
  if (is_pretraining_head(stored)) return true;
  if (config.traits().head.is_pooled) return false;
  const std::string_view prefix = config.traits().prefix;
  if (stored.starts_with(prefix)) stored.remove_prefix(prefix.size());
  return stored.starts_with("pooler.");
}

}  // namespace finemix
