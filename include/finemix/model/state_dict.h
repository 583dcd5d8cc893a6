#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/checkpoint.h"
#include "finemix/model/config.h"

namespace finemix {

// Weights by the names of tensor_layout, which are those of a BertForSequenceClassification
// ("bert.embeddings.…", "classifier.weight") whatever the family, CPU, contiguous, fp32. Holders
// share storage with whoever else has the tensor; clone() where a copy is meant.
using StateDict = std::map<std::string, at::Tensor, std::less<>>;

StateDict clone(const StateDict& weights);

inline constexpr std::string_view kWordEmbeddings = "bert.embeddings.word_embeddings.weight";
inline constexpr std::string_view kClassifierWeight = "classifier.weight";
inline constexpr std::string_view kClassifierBias = "classifier.bias";

// Whether a name belongs to the backbone (embeddings, encoder, pooler) that mixing works on.
bool is_backbone(std::string_view name);
// Takes out all that is no backbone.
void erase_head(StateDict& weights);

class StoredModel;

// Where a tensor is in a checkpoint, and as what.
struct StoredPlace {
  std::string name;
  std::string file;  // in its directory
  DType dtype = DType::kF32;
};
using StoredPlaces = std::map<std::string, StoredPlace, std::less<>>;  // by name in the layout

// A checkpoint in memory.
struct Model {
  EncoderConfig config;
  std::string config_text;
  std::filesystem::path directory;  // where its tokenizer files are
  StateDict weights;
  // Of the files that it was read from, so that what is written looks like them; empty: one file,
  // F32, and the names that transformers gives.
  StoredPlaces places;
};

// Reads a checkpoint of any family, with or without the encoder's prefix, pooler and classifier,
// and with the old LayerNorm names (gamma, beta). Buffers and pre-training heads are left out.
// Throws kMismatch when a tensor is missing, unknown, or not of the shape that the config asks for;
// and what Checkpoint::open throws.
Model load_model(const std::string& location);
// The same of a checkpoint that is open and checked already.
Model load_model(const StoredModel& stored);

// Adds what a classifier needs and `model` lacks: a pooler and a head for `num_labels`, drawn from
// N(0, initializer_range) by `seed`. A head for another number of labels is replaced.
void add_classifier(Model& model, std::int64_t num_labels, std::uint64_t seed);

// Draws every weight of a model from scratch, as transformers' initialisation does: N(0,
// initializer_range), zero biases, unit LayerNorm.
Model random_model(const EncoderConfig& config, std::string config_text, std::uint64_t seed);

// From now on what was trained in fp32 is written as such: all weights F32, which config.json says
// too, and in one file where the model came without a head.
void become_trained(Model& model);

// Writes config.json, the weights by model.places, and the tokenizer files of model.directory into
// an existing directory.
void save_model(const Model& model, const std::filesystem::path& directory);

}  // namespace finemix
