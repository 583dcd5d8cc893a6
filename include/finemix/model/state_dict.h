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

// Weights by Hugging Face name, as of BertForSequenceClassification ("bert.embeddings.…",
// "classifier.weight"), CPU, contiguous, fp32. Holders share storage with whoever else has the
// tensor; clone() where a copy is meant.
using StateDict = std::map<std::string, at::Tensor, std::less<>>;

StateDict clone(const StateDict& weights);

inline constexpr std::string_view kWordEmbeddings = "bert.embeddings.word_embeddings.weight";
inline constexpr std::string_view kClassifierWeight = "classifier.weight";
inline constexpr std::string_view kClassifierBias = "classifier.bias";

// Whether a name belongs to the backbone (embeddings, encoder, pooler) that mixing works on.
bool is_backbone(std::string_view name);

class StoredModel;

// A checkpoint in memory.
struct Model {
  EncoderConfig config;
  std::string config_text;
  std::filesystem::path directory;  // where its tokenizer files are
  StateDict weights;
  DType stored = DType::kF32;  // of the word embeddings in the file
};

// Reads a BERT checkpoint, with or without the `bert.` prefix, pooler and classifier, and with the
// old LayerNorm names (gamma, beta). Buffers and pre-training heads are left out. Throws kMismatch
// when a tensor is missing, unknown, or not of the shape that the config asks for; and what
// Checkpoint::open throws.
Model load_model(const std::string& location);
// The same of a checkpoint that is open and checked already.
Model load_model(const StoredModel& stored);

// Adds what a classifier needs and `model` lacks: a pooler and a head for `num_labels`, drawn from
// N(0, initializer_range) by `seed`. A head for another number of labels is replaced.
void add_classifier(Model& model, std::int64_t num_labels, std::uint64_t seed);

// Draws every weight of a model from scratch, as transformers' initialisation does: N(0,
// initializer_range), zero biases, unit LayerNorm.
Model random_model(const EncoderConfig& config, std::string config_text, std::uint64_t seed);

// Writes config.json, model.safetensors and the tokenizer files of model.directory into an existing
// directory. Weights are stored as `stored` (F32, F16 or BF16).
void save_model(const Model& model, const std::filesystem::path& directory, DType stored);

}  // namespace finemix
