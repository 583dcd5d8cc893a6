#pragma once

#include <memory>
#include <optional>
#include <string>

#include "finemix/eval/metrics.h"
#include "finemix/model/classifier.h"
#include "finemix/model/stored_model.h"
#include "finemix/pipeline/stages.h"
#include "finemix/text/frequency.h"

// What several verbs read in the same way.

namespace finemix {

struct ModelPair;

using TokenizerPointer = std::shared_ptr<const Tokenizer>;

// The tokenizer beside a model. Throws kMismatch when it has more tokens than the model has
// embedding rows.
TokenizerPointer tokenizer_of(const StoredModel& model);

// A model with its tokenizer, checked against each other.
struct LoadedModel {
  Model model;
  TokenizerPointer tokenizer;
};

LoadedModel load_with_tokenizer(const std::string& location);

// Throws kUsage when there is a reference model, but no attack to measure on it.
void check_reference(const std::string& reference, const ProbeOptions& probe);
// A clean model to compare with `model`, on texts that `tokenizer` has tokenized. Throws kMismatch
// when its vocabulary or its number of labels is another.
Model load_reference(const std::string& location, const Tokenizer& tokenizer, const Model& model);

// Throws kUsage, naming the flag, when a path that must be given is empty.
void require_option(const std::string& value, const char* flag);

// Throws kMismatch when there are fewer examples than `flag` asks to draw.
void check_enough(const std::string& name, std::size_t examples, std::size_t wanted,
                  const char* flag);

Frequencies count_frequencies(const FrequencyOptions& options, const Dataset& fallback,
                              const Tokenizer& tokenizer);

// E-PUR on the word embeddings of a pair.
EpurResult purify_embeddings(const at::Tensor& pretrained, const at::Tensor& backdoored,
                             const Tokenizer& tokenizer, const Frequencies& frequencies,
                             const EpurOptions& options);
EpurResult purify_embeddings(const ModelPair& pair, const Frequencies& frequencies,
                             const EpurOptions& options);

// Lowers `max_length` to the model's positions where it asks for more, and says so; returns whether
// it did.
bool fit_max_length(RunOptions& run, const EncoderConfig& config, Progress& progress);

// Held-out accuracy and loss on these texts.
Validation make_validation(EncodedTexts texts, std::vector<std::int64_t> labels);

// Evaluation is fp32 unless bf16 was asked for by name: its logits are to agree with what other
// programs compute from the written checkpoint.
Precision evaluation_precision(const RunOptions& run, c10::Device device);

// "keep" leaves the suspect's classifier head, "reinit" draws a new one by `seed`. Throws kUsage on
// anything else.
void apply_head_choice(const std::string& head, Model& model, std::uint64_t seed);

// Bytes that it takes as a checkpoint, about.
std::uint64_t stored_size(const Model& model);

}  // namespace finemix
