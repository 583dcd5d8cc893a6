#include "finemix/model/config.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/json.h"

namespace finemix {
namespace {

// Bounds that no real model reaches, so that a hostile config cannot size anything.
constexpr std::int64_t kMaxVocabulary = 4'000'000;
constexpr std::int64_t kMaxWidth = 16'384;
constexpr std::int64_t kMaxInner = 131'072;
constexpr std::int64_t kMaxLayers = 256;
constexpr std::int64_t kMaxPositions = 1'048'576;
constexpr std::int64_t kMaxTypes = 1'024;
constexpr std::int64_t kMaxLabels = 65'536;

constexpr std::array<std::pair<std::string_view, Activation>, 8> kActivations = {{
    {"gelu", Activation::kGelu},
    {"gelu_new", Activation::kGeluTanh},
    {"gelu_fast", Activation::kGeluTanh},
    {"gelu_pytorch_tanh", Activation::kGeluTanh},
    {"relu", Activation::kRelu},
    {"silu", Activation::kSilu},
    {"swish", Activation::kSilu},
    {"tanh", Activation::kTanh},
}};

Activation parse_activation(const std::string& name, std::string_view key,
                            std::string_view object) {
  std::string known;
  for (const auto& [known_name, activation] : kActivations) {
    if (name == known_name) return activation;
    known += (known.empty() ? "" : ", ") + std::string(known_name);
  }
  throw Error(ErrorKind::kMismatch, std::string(object) + ": " + std::string(key) + " is " +
                                        quote(name) + ", expected one of " + known);
}

// Labels are counted by num_labels, else by id2label, as transformers does.
std::int64_t label_count(const Json& json, std::string_view object) {
  const auto labels = json.find("id2label");
  const std::int64_t named = labels != json.end() && labels->is_object() && !labels->empty()
                                 ? static_cast<std::int64_t>(labels->size())
                                 : 2;
  if (named > kMaxLabels) {
    throw Error(ErrorKind::kMalformed, std::string(object) + ": id2label has " +
                                           std::to_string(named) + " labels, expected at most " +
                                           std::to_string(kMaxLabels));
  }
  return json_integer_or(json, "num_labels", named, 1, kMaxLabels, object);
}

const FamilyTraits& read_family(const Json& json, std::string_view object) {
  const std::string type = json_string_or(json, "model_type", "bert", object);
  if (const FamilyTraits* traits = find_family(type)) return *traits;
  throw Error(ErrorKind::kMismatch, std::string(object) + ": model_type is " + quote(type) +
                                        ", expected one that this version runs: " + family_names());
}

void require_plain_encoder(const Json& json, std::string_view object) {
  const std::string positions = json_string_or(json, "position_embedding_type", "absolute", object);
  if (positions != "absolute") {
    throw Error(ErrorKind::kMismatch, std::string(object) + ": position_embedding_type is " +
                                          quote(positions) + ", expected 'absolute'");
  }
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    if (json_boolean_or(json, key, false, object)) {
      throw Error(ErrorKind::kMismatch, std::string(object) + ": " + key +
                                            " is true, expected an encoder; give a classifier or "
                                            "its pre-trained encoder");
    }
  }
}

// What transformers takes where config.json says nothing.
EncoderConfig defaults_of(Family family) {
  EncoderConfig config;
  config.family = family;
  switch (family) {
    case Family::kRoberta:
      config.vocab_size = 50265;
      break;
    case Family::kDistilBert:
      config.num_hidden_layers = 6;
      break;
    case Family::kElectra:
      config.embedding_size = 128;
      config.hidden_size = 256;
      config.num_attention_heads = 4;
      config.intermediate_size = 1024;
      break;
    case Family::kAlbert:
      config.vocab_size = 30000;
      config.embedding_size = 128;
      config.hidden_size = 4096;
      config.num_attention_heads = 64;
      config.intermediate_size = 16384;
      config.num_hidden_groups = 1;
      config.hidden_act = Activation::kGeluTanh;
      config.hidden_dropout_prob = 0.0;
      config.attention_probs_dropout_prob = 0.0;
      break;
    default:
      break;
  }
  config.pad_token_id = config.traits().positions_follow_padding ? 1 : 0;
  return config;
}

std::string_view name_of(Activation activation) {
  return std::ranges::find(kActivations, activation,
                           &std::pair<std::string_view, Activation>::second)
      ->first;
}

void require_sizes_that_fit(const EncoderConfig& config, std::string_view object) {
  const std::string where(object);
  const ConfigKeys& keys = config.traits().keys;
  if (config.hidden_size % config.num_attention_heads != 0) {
    throw Error(ErrorKind::kMalformed, where + ": " + std::string(keys.hidden_size) + " " +
                                           std::to_string(config.hidden_size) +
                                           " is not a multiple of " +
                                           std::string(keys.num_attention_heads) + " " +
                                           std::to_string(config.num_attention_heads));
  }
  if (config.max_tokens() < 1) {
    throw Error(ErrorKind::kMalformed, where + ": max_position_embeddings is " +
                                           std::to_string(config.max_position_embeddings) +
                                           ", expected more than " +
                                           std::to_string(config.first_position()) +
                                           ", where positions begin: pad_token_id's next");
  }
  if (config.traits().shares_layers &&
      (config.num_hidden_groups > config.num_hidden_layers || config.depth() > kMaxLayers)) {
    throw Error(ErrorKind::kMalformed, where + ": " + std::to_string(config.num_hidden_layers) +
                                           " layers in " +
                                           std::to_string(config.num_hidden_groups) +
                                           " groups of " + std::to_string(config.inner_group_num) +
                                           ", expected no more groups than layers, and at most " +
                                           std::to_string(kMaxLayers) + " layers in all");
  }
}

}  // namespace

bool EncoderConfig::projects_embeddings() const {
  return traits().always_projects || embedding_width() != hidden_size;
}

std::int64_t EncoderConfig::first_position() const {
  return traits().positions_follow_padding ? pad_token_id + 1 : 0;
}

std::int64_t EncoderConfig::stored_layers() const {
  return num_hidden_groups > 0 ? num_hidden_groups * inner_group_num : num_hidden_layers;
}

std::int64_t EncoderConfig::stored_layer(std::int64_t index) const {
  if (num_hidden_groups == 0) return index;
  // In doubles, as transformers divides, where the layers are no multiple of the groups.
  const double in_group =
      static_cast<double>(num_hidden_layers) / static_cast<double>(num_hidden_groups);
  const auto group =
      static_cast<std::int64_t>(static_cast<double>(index / inner_group_num) / in_group);
  return group * inner_group_num + index % inner_group_num;
}

EncoderConfig parse_encoder_config(std::string_view text, std::string_view object) {
  const Json json = parse_json(text, object);
  if (!json.is_object()) {
    throw Error(ErrorKind::kMalformed,
                std::string(object) + ": expected a JSON object with the model's sizes");
  }
  const FamilyTraits& family = read_family(json, object);
  require_plain_encoder(json, object);

  const ConfigKeys& keys = family.keys;
  EncoderConfig config = defaults_of(family.family);
  const auto read = [&](std::string_view key, std::int64_t& value, std::int64_t limit) {
    value = json_integer_or(json, key, value, 1, limit, object);
  };
  read("vocab_size", config.vocab_size, kMaxVocabulary);
  read(keys.hidden_size, config.hidden_size, kMaxWidth);
  read(keys.num_hidden_layers, config.num_hidden_layers, kMaxLayers);
  read(keys.num_attention_heads, config.num_attention_heads, kMaxWidth);
  read(keys.intermediate_size, config.intermediate_size, kMaxInner);
  read("max_position_embeddings", config.max_position_embeddings, kMaxPositions);
  if (family.has_type_embeddings) read("type_vocab_size", config.type_vocab_size, kMaxTypes);
  if (family.factorizes_embeddings) read("embedding_size", config.embedding_size, kMaxWidth);
  if (family.shares_layers) {
    read("num_hidden_groups", config.num_hidden_groups, kMaxLayers);
    read("inner_group_num", config.inner_group_num, kMaxLayers);
  }
  config.num_labels = label_count(json, object);
  config.hidden_act =
      parse_activation(json_string_or(json, keys.hidden_act, name_of(config.hidden_act), object),
                       keys.hidden_act, object);
  const auto padding = json.find("pad_token_id");
  if (padding != json.end() && padding->is_null() && !family.positions_follow_padding) {
    config.pad_token_id = -1;
  } else {
    config.pad_token_id = json_integer_or(json, "pad_token_id", config.pad_token_id, 0,
                                          config.vocab_size - 1, object);
  }

  // A probability of 1 would leave nothing.
  const auto probability = [&](std::string_view key, double fallback) {
    return json_number_or(json, key, fallback, 0.0, 0.99, object);
  };
  config.hidden_dropout_prob = probability(keys.hidden_dropout_prob, config.hidden_dropout_prob);
  config.attention_probs_dropout_prob =
      probability(keys.attention_probs_dropout_prob, config.attention_probs_dropout_prob);
  config.classifier_dropout = probability(
      keys.classifier_dropout, family.classifier_dropout.value_or(config.hidden_dropout_prob));
  config.layer_norm_eps = family.layer_norm_eps.value_or(
      json_number_or(json, "layer_norm_eps", config.layer_norm_eps, 0.0, 1.0, object));
  config.initializer_range =
      json_number_or(json, "initializer_range", config.initializer_range, 0.0, 10.0, object);
  require_sizes_that_fit(config, object);
  return config;
}

std::vector<std::string> differences(const EncoderConfig& pretrained,
                                     const EncoderConfig& backdoored) {
  std::vector<std::string> result;
  const auto compare = [&](std::string_view key, const auto& get) {
    const std::string theirs = get(pretrained);
    const std::string ours = get(backdoored);
    if (theirs == ours) return;
    result.push_back(std::string(key) + " is " + theirs + " of the pre-trained model, " + ours +
                     " of the suspect");
  };
  const ConfigKeys& keys = backdoored.traits().keys;
  compare(keys.num_hidden_layers,
          [](const EncoderConfig& config) { return std::to_string(config.num_hidden_layers); });
  compare(keys.num_attention_heads,
          [](const EncoderConfig& config) { return std::to_string(config.num_attention_heads); });
  compare(keys.hidden_act,
          [](const EncoderConfig& config) { return std::string(name_of(config.hidden_act)); });
  compare("layer_norm_eps",
          [](const EncoderConfig& config) { return Json(config.layer_norm_eps).dump(); });
  compare("pad_token_id",
          [](const EncoderConfig& config) { return std::to_string(config.pad_token_id); });
  return result;
}

std::string classifier_config_text(std::string_view original, Family family,
                                   std::int64_t num_labels) {
  const FamilyTraits& traits = traits_of(family);
  Json json = parse_json(original, "config.json");
  const bool has_labels = json.contains("id2label") && json["id2label"].is_object() &&
                          json["id2label"].size() == static_cast<std::size_t>(num_labels);
  json["architectures"] = Json::array({traits.architecture});
  json["model_type"] = traits.model_type;
  json.erase("num_labels");
  if (!has_labels) {
    Json id2label = Json::object();
    Json label2id = Json::object();
    for (std::int64_t label = 0; label < num_labels; ++label) {
      const std::string name = "LABEL_" + std::to_string(label);
      id2label[std::to_string(label)] = name;
      label2id[name] = label;
    }
    json["id2label"] = std::move(id2label);
    json["label2id"] = std::move(label2id);
  }
  return json_text(json);
}

std::string config_text_of_dtype(std::string_view original, std::string_view dtype) {
  Json json = parse_json(original, "config.json");
  for (const char* key : {"dtype", "torch_dtype"}) {
    if (json.contains(key)) json[key] = dtype;
  }
  return json_text(json);
}

}  // namespace finemix
