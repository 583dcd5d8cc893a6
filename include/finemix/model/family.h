#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace finemix {

enum class Activation { kGelu, kGeluTanh, kRelu, kSilu, kTanh };

// The families of encoders. They differ in what this table says, and in nothing else.
enum class Family { kBert, kRoberta, kXlmRoberta, kCamembert, kDistilBert, kElectra, kAlbert };

// A module (a tensor's name without `.weight` or `.bias`), as finemix calls it and as files do. `#`
// stands for a layer's number; where layers are in groups, files have `@` for the group and `#` for
// the layer within it.
struct ModuleName {
  std::string_view ours;
  std::string_view theirs;
};

// The keys of config.json that not all families call the same.
struct ConfigKeys {
  std::string_view hidden_size = "hidden_size";
  std::string_view num_hidden_layers = "num_hidden_layers";
  std::string_view num_attention_heads = "num_attention_heads";
  std::string_view intermediate_size = "intermediate_size";
  std::string_view hidden_act = "hidden_act";
  std::string_view hidden_dropout_prob = "hidden_dropout_prob";
  std::string_view attention_probs_dropout_prob = "attention_probs_dropout_prob";
  std::string_view classifier_dropout = "classifier_dropout";
};

// What makes logits of the last state of the first token: dense layer, activation, dropout, output
// layer.
struct HeadTraits {
  bool is_pooled = true;     // the dense layer is a pooler, which pre-training made
  bool drops_input = false;  // dropout before the dense layer too
  Activation activation = Activation::kTanh;
};

struct FamilyTraits {
  Family family = Family::kBert;
  std::string_view model_type;               // in config.json
  std::string_view architecture;             // the classifier's class in transformers
  std::string_view prefix;                   // of the encoder's names, where finemix has "bert."
  std::span<const ModuleName> modules = {};  // that are not only another prefix
  ConfigKeys keys = {};
  HeadTraits head = {};
  bool positions_follow_padding = false;  // a text's first position is the padding id's next
  bool has_type_ids = true;               // else all are 0, whatever a tokenizer says
  bool has_type_embeddings = true;
  bool factorizes_embeddings = false;         // embedding_size, and a projection to hidden_size
  bool always_projects = false;               // … even where the sizes are the same
  bool shares_layers = false;                 // num_hidden_groups and inner_group_num
  bool drops_attention_output = true;         // dropout on what attention adds to the residual
  bool drops_feed_forward = true;             // … on what the feed-forward part adds
  std::optional<double> layer_norm_eps = {};  // fixed, whatever config.json says
  std::optional<double> classifier_dropout =
      {};  // unless config.json has one; else the hidden dropout
};

const FamilyTraits& traits_of(Family family);
// nullptr when there is none of that model_type.
const FamilyTraits* find_family(std::string_view model_type);
// All model types, separated by commas.
std::string family_names();

}  // namespace finemix
