#include "finemix/model/family.h"

#include <algorithm>
#include <array>

namespace finemix {
namespace {

// The heads of RoBERTa and its kin call their output layer so.
constexpr std::array<ModuleName, 1> kProjectedHead = {{{"classifier", "classifier.out_proj"}}};

constexpr std::array<ModuleName, 9> kDistilBert = {{
    {"bert.encoder.layer.#.attention.self.query", "distilbert.transformer.layer.#.attention.q_lin"},
    {"bert.encoder.layer.#.attention.self.key", "distilbert.transformer.layer.#.attention.k_lin"},
    {"bert.encoder.layer.#.attention.self.value", "distilbert.transformer.layer.#.attention.v_lin"},
    {"bert.encoder.layer.#.attention.output.dense",
     "distilbert.transformer.layer.#.attention.out_lin"},
    {"bert.encoder.layer.#.attention.output.LayerNorm",
     "distilbert.transformer.layer.#.sa_layer_norm"},
    {"bert.encoder.layer.#.intermediate.dense", "distilbert.transformer.layer.#.ffn.lin1"},
    {"bert.encoder.layer.#.output.dense", "distilbert.transformer.layer.#.ffn.lin2"},
    {"bert.encoder.layer.#.output.LayerNorm", "distilbert.transformer.layer.#.output_layer_norm"},
    {"classifier.dense", "pre_classifier"},
}};

constexpr std::array<ModuleName, 10> kAlbert = {{
    {"bert.embeddings_project", "albert.encoder.embedding_hidden_mapping_in"},
    {"bert.encoder.layer.#.attention.self.query",
     "albert.encoder.albert_layer_groups.@.albert_layers.#.attention.query"},
    {"bert.encoder.layer.#.attention.self.key",
     "albert.encoder.albert_layer_groups.@.albert_layers.#.attention.key"},
    {"bert.encoder.layer.#.attention.self.value",
     "albert.encoder.albert_layer_groups.@.albert_layers.#.attention.value"},
    {"bert.encoder.layer.#.attention.output.dense",
     "albert.encoder.albert_layer_groups.@.albert_layers.#.attention.dense"},
    {"bert.encoder.layer.#.attention.output.LayerNorm",
     "albert.encoder.albert_layer_groups.@.albert_layers.#.attention.LayerNorm"},
    {"bert.encoder.layer.#.intermediate.dense",
     "albert.encoder.albert_layer_groups.@.albert_layers.#.ffn"},
    {"bert.encoder.layer.#.output.dense",
     "albert.encoder.albert_layer_groups.@.albert_layers.#.ffn_output"},
    {"bert.encoder.layer.#.output.LayerNorm",
     "albert.encoder.albert_layer_groups.@.albert_layers.#.full_layer_layer_norm"},
    {"bert.pooler.dense", "albert.pooler"},
}};

constexpr ConfigKeys kDistilBertKeys = {.hidden_size = "dim",
                                        .num_hidden_layers = "n_layers",
                                        .num_attention_heads = "n_heads",
                                        .intermediate_size = "hidden_dim",
                                        .hidden_act = "activation",
                                        .hidden_dropout_prob = "dropout",
                                        .attention_probs_dropout_prob = "attention_dropout",
                                        .classifier_dropout = "seq_classif_dropout"};

constexpr FamilyTraits roberta(Family family, std::string_view model_type,
                               std::string_view architecture) {
  return {.family = family,
          .model_type = model_type,
          .architecture = architecture,
          .prefix = "roberta.",
          .modules = kProjectedHead,
          .head = {.is_pooled = false, .drops_input = true},
          .positions_follow_padding = true,
          .has_type_ids = false};
}

// As transformers has them, where each is named for the paper that it comes from: Devlin et al.
// 2019, Liu et al. 2019, Conneau et al. 2020, Martin et al. 2020, Sanh et al. 2019, Clark et al.
// 2020, Lan et al. 2020.
constexpr std::array<FamilyTraits, 7> kFamilies = {{
    {.family = Family::kBert,
     .model_type = "bert",
     .architecture = "BertForSequenceClassification",
     .prefix = "bert."},
    roberta(Family::kRoberta, "roberta", "RobertaForSequenceClassification"),
    roberta(Family::kXlmRoberta, "xlm-roberta", "XLMRobertaForSequenceClassification"),
    roberta(Family::kCamembert, "camembert", "CamembertForSequenceClassification"),
    {.family = Family::kDistilBert,
     .model_type = "distilbert",
     .architecture = "DistilBertForSequenceClassification",
     .prefix = "distilbert.",
     .modules = kDistilBert,
     .keys = kDistilBertKeys,
     .head = {.is_pooled = false, .activation = Activation::kRelu},
     .has_type_ids = false,
     .has_type_embeddings = false,
     .drops_attention_output = false,
     .layer_norm_eps = 1e-12,
     .classifier_dropout = 0.2},
    {.family = Family::kElectra,
     .model_type = "electra",
     .architecture = "ElectraForSequenceClassification",
     .prefix = "electra.",
     .modules = kProjectedHead,
     .head = {.is_pooled = false, .drops_input = true, .activation = Activation::kGelu},
     .factorizes_embeddings = true},
    {.family = Family::kAlbert,
     .model_type = "albert",
     .architecture = "AlbertForSequenceClassification",
     .prefix = "albert.",
     .modules = kAlbert,
     .keys = {.classifier_dropout = "classifier_dropout_prob"},
     .factorizes_embeddings = true,
     .always_projects = true,
     .shares_layers = true,
     .drops_feed_forward = false,
     .classifier_dropout = 0.1},
}};

}  // namespace

const FamilyTraits& traits_of(Family family) {
  return *std::ranges::find(kFamilies, family, &FamilyTraits::family);
}

const FamilyTraits* find_family(std::string_view model_type) {
  const auto* const found = std::ranges::find(kFamilies, model_type, &FamilyTraits::model_type);
  return found == kFamilies.end() ? nullptr : found;
}

std::string family_names() {
  std::string names;
  for (const FamilyTraits& traits : kFamilies) {
    names += (names.empty() ? "" : ", ") + std::string(traits.model_type);
  }
  return names;
}

}  // namespace finemix
