#include "inputs.h"

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/model/weight_files.h"
#include "pipeline/pair.h"

namespace finemix {

TokenizerPointer tokenizer_of(const StoredModel& model) {
  TokenizerPointer tokenizer = load_tokenizer(model.directory());
  const auto rows = static_cast<std::size_t>(model.config().vocab_size);
  if (tokenizer->vocabulary_size() > rows) {
    throw Error(ErrorKind::kMismatch, model.directory().string() + ": the tokenizer has " +
                                          std::to_string(tokenizer->vocabulary_size()) +
                                          " tokens, but the model has word embeddings for " +
                                          std::to_string(rows) +
                                          "; tokenizer and weights are of different models");
  }
  return tokenizer;
}

LoadedModel load_with_tokenizer(const std::string& location) {
  const StoredModel stored = StoredModel::open(location);
  TokenizerPointer tokenizer = tokenizer_of(stored);
  return {load_model(stored), std::move(tokenizer)};
}

void check_reference(const std::string& reference, const ProbeOptions& probe) {
  if (reference.empty() || probe.known()) return;
  throw Error(ErrorKind::kUsage,
              "--reference is of no use without an attack to measure; give --trigger, "
              "--trigger-sentence, --poisoned-data or --attack");
}

Model load_reference(const std::string& location, const Tokenizer& tokenizer, const Model& model) {
  LoadedModel loaded = load_with_tokenizer(location);
  check_same_vocabulary(*loaded.tokenizer, tokenizer);
  const std::int64_t labels = loaded.model.config.num_labels;
  if (labels != model.config.num_labels) {
    throw Error(ErrorKind::kMismatch, loaded.model.directory.string() + ": has " +
                                          std::to_string(labels) + " labels, but " +
                                          model.directory.string() + " has " +
                                          std::to_string(model.config.num_labels) +
                                          "; --reference is a clean model of the same task");
  }
  return std::move(loaded.model);
}

void require_option(const std::string& value, const char* flag) {
  if (value.empty()) throw Error(ErrorKind::kUsage, std::string(flag) + " is missing");
}

void check_enough(const std::string& name, std::size_t examples, std::size_t wanted,
                  const char* flag) {
  if (examples >= wanted) return;
  throw Error(ErrorKind::kMismatch, printable(name) + ": has " + std::to_string(examples) +
                                        " examples, fewer than the " + std::to_string(wanted) +
                                        " that " + flag + " asks for");
}

Frequencies count_frequencies(const FrequencyOptions& options, const Dataset& fallback,
                              const Tokenizer& tokenizer) {
  if (!options.word_counts.empty() && !options.count_text.empty()) {
    throw Error(ErrorKind::kUsage, "give one of --word-counts and --count-text, not both");
  }
  if (!options.word_counts.empty()) return read_counts(options.word_counts, tokenizer);
  if (!options.count_text.empty()) return count_text(options.count_text, tokenizer);
  if (fallback.size() == 0) return Frequencies(tokenizer.vocabulary_size());
  return count_dataset(fallback, tokenizer);
}

EpurResult purify_embeddings(const at::Tensor& pretrained, const at::Tensor& backdoored,
                             const Tokenizer& tokenizer, const Frequencies& frequencies,
                             const EpurOptions& options) {
  // Rows beyond the vocabulary (padding to a round size) have no token and no frequency.
  Frequencies padded = frequencies;
  padded.resize(static_cast<std::size_t>(backdoored.size(0)));
  const auto token = [&](std::int64_t id) {
    return static_cast<std::size_t>(id) < tokenizer.vocabulary_size()
               ? tokenizer.token(static_cast<std::int32_t>(id))
               : "(row " + std::to_string(id) + ")";
  };
  return epur(pretrained, backdoored, padded, tokenizer.special_ids(), token, options);
}

EpurResult purify_embeddings(const ModelPair& pair, const Frequencies& frequencies,
                             const EpurOptions& options) {
  const std::string name(kWordEmbeddings);
  return purify_embeddings(pair.pretrained.weights.at(name), pair.backdoored.weights.at(name),
                           *pair.tokenizer, frequencies, options);
}

bool fit_max_length(RunOptions& run, const EncoderConfig& config, Progress& progress) {
  const auto positions = static_cast<std::size_t>(config.max_tokens());
  if (run.max_length <= positions) return false;
  progress.message("texts are cut to " + std::to_string(positions) +
                   " word pieces: the model has no more positions");
  run.max_length = positions;
  return true;
}

Validation make_validation(EncodedTexts texts, std::vector<std::int64_t> labels) {
  return [texts = std::move(texts), labels = std::move(labels)](const Classifier& model) {
    return held_out(predict(model, texts, no_progress()), labels);
  };
}

Precision evaluation_precision(const RunOptions& run, c10::Device device) {
  return choose_precision(run.precision == "auto" ? "fp32" : run.precision, device);
}

void apply_head_choice(const std::string& head, Model& model, std::uint64_t seed) {
  if (head == "keep") return;
  if (head != "reinit") {
    throw Error(ErrorKind::kUsage, "--head is '" + head + "', expected keep or reinit");
  }
  erase_head(model.weights);
  add_classifier(model, model.config.num_labels, seed);
}

std::uint64_t stored_size(const Model& model) {
  std::uint64_t bytes = 1 << 20;  // header, config, tokenizer, report
  const WeightFiles files(model.config, model.places);
  for (const auto& [name, tensor] : model.weights) {
    bytes += static_cast<std::uint64_t>(tensor.numel()) * dtype_size(files.place(name).dtype);
  }
  return bytes;
}

}  // namespace finemix
