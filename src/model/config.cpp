#include "finemix/model/config.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/core/error.h"
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

Activation parse_activation(const std::string& name, std::string_view object) {
  std::string known;
  for (const auto& [known_name, activation] : kActivations) {
    if (name == known_name) return activation;
    known += (known.empty() ? "" : ", ") + std::string(known_name);
  }
  throw Error(ErrorKind::kMismatch,
              std::string(object) + ": hidden_act is '" + name + "', expected one of " + known);
}

// Labels are counted by num_labels, else by id2label, as transformers does.
std::int64_t label_count(const Json& json, std::string_view object) {
  const auto labels = json.find("id2label");
  const std::int64_t named = labels != json.end() && labels->is_object() && !labels->empty()
                                 ? static_cast<std::int64_t>(labels->size())
                                 : 2;
  return json_integer_or(json, "num_labels", named, 1, kMaxLabels, object);
}

void require_plain_bert(const Json& json, std::string_view object) {
  const std::string type = json_string_or(json, "model_type", "bert", object);
  if (type != "bert") {
    throw Error(ErrorKind::kMismatch,
                std::string(object) + ": model_type is '" + type +
                    "', expected 'bert', the one family that this version runs");
  }
  const std::string positions = json_string_or(json, "position_embedding_type", "absolute", object);
  if (positions != "absolute") {
    throw Error(ErrorKind::kMismatch, std::string(object) + ": position_embedding_type is '" +
                                          positions + "', expected 'absolute'");
  }
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    if (json_boolean_or(json, key, false, object)) {
      throw Error(ErrorKind::kMismatch, std::string(object) + ": " + key +
                                            " is true, expected an encoder; give a BERT "
                                            "classifier or its pre-trained encoder");
    }
  }
}

}  // namespace

EncoderConfig parse_encoder_config(std::string_view text, std::string_view object) {
  const Json json = parse_json(text, object);
  if (!json.is_object()) {
    throw Error(ErrorKind::kMalformed,
                std::string(object) + ": expected a JSON object with the model's sizes");
  }
  require_plain_bert(json, object);

  EncoderConfig config;
  const auto size = [&](std::string_view key, std::int64_t fallback, std::int64_t limit) {
    return json_integer_or(json, key, fallback, 1, limit, object);
  };
  config.vocab_size = size("vocab_size", config.vocab_size, kMaxVocabulary);
  config.hidden_size = size("hidden_size", config.hidden_size, kMaxWidth);
  config.num_hidden_layers = size("num_hidden_layers", config.num_hidden_layers, kMaxLayers);
  config.num_attention_heads = size("num_attention_heads", config.num_attention_heads, kMaxWidth);
  config.intermediate_size = size("intermediate_size", config.intermediate_size, kMaxInner);
  config.max_position_embeddings =
      size("max_position_embeddings", config.max_position_embeddings, kMaxPositions);
  config.type_vocab_size = size("type_vocab_size", config.type_vocab_size, kMaxTypes);
  config.num_labels = label_count(json, object);
  config.hidden_act = parse_activation(json_string_or(json, "hidden_act", "gelu", object), object);

  // A probability of 1 would leave nothing.
  const auto probability = [&](std::string_view key, double fallback) {
    return json_number_or(json, key, fallback, 0.0, 0.99, object);
  };
  config.hidden_dropout_prob = probability("hidden_dropout_prob", config.hidden_dropout_prob);
  config.attention_probs_dropout_prob =
      probability("attention_probs_dropout_prob", config.attention_probs_dropout_prob);
  config.classifier_dropout = probability("classifier_dropout", config.hidden_dropout_prob);
  config.layer_norm_eps =
      json_number_or(json, "layer_norm_eps", config.layer_norm_eps, 0.0, 1.0, object);
  config.initializer_range =
      json_number_or(json, "initializer_range", config.initializer_range, 0.0, 10.0, object);

  if (config.hidden_size % config.num_attention_heads != 0) {
    throw Error(ErrorKind::kMalformed, std::string(object) + ": hidden_size " +
                                           std::to_string(config.hidden_size) +
                                           " is not a multiple of num_attention_heads " +
                                           std::to_string(config.num_attention_heads));
  }
  return config;
}

std::string classifier_config_text(std::string_view original, std::int64_t num_labels) {
  Json json = parse_json(original, "config.json");
  const bool has_labels = json.contains("id2label") && json["id2label"].is_object() &&
                          json["id2label"].size() == static_cast<std::size_t>(num_labels);
  json["architectures"] = Json::array({"BertForSequenceClassification"});
  json["model_type"] = "bert";
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

}  // namespace finemix
