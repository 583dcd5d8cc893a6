#include "inputs.h"

#include "finemix/core/error.h"

namespace finemix {

LoadedModel load_with_tokenizer(const std::string& location) {
  LoadedModel loaded{load_model(location), nullptr};
  loaded.tokenizer = load_tokenizer(loaded.model.directory);
  const auto rows = static_cast<std::size_t>(loaded.model.config.vocab_size);
  if (loaded.tokenizer->vocabulary_size() > rows) {
    throw Error(ErrorKind::kMismatch, loaded.model.directory.string() + ": the tokenizer has " +
                                          std::to_string(loaded.tokenizer->vocabulary_size()) +
                                          " tokens, but the model has word embeddings for " +
                                          std::to_string(rows) +
                                          "; tokenizer and weights are of different models");
  }
  return loaded;
}

ModelPair load_pair(const std::string& pretrained, const std::string& backdoored) {
  require_option(pretrained, "--pretrained");
  require_option(backdoored, "--backdoored");
  LoadedModel suspect = load_with_tokenizer(backdoored);
  ModelPair pair{load_model(pretrained), std::move(suspect.model), std::move(suspect.tokenizer)};
  check_same_shapes(pair.pretrained, pair.backdoored);
  if (!tokenizer_files(pair.pretrained.directory).empty()) {
    check_same_vocabulary(*load_tokenizer(pair.pretrained.directory), *pair.tokenizer);
  }
  return pair;
}

void require_option(const std::string& value, const char* flag) {
  if (value.empty()) throw Error(ErrorKind::kUsage, std::string(flag) + " is missing");
}

std::optional<AttackProbe> make_probe(const ProbeOptions& options, const Dataset& data,
                                      std::uint64_t seed) {
  const int named = !options.triggers.empty() + !options.trigger_sentence.empty() +
                    !options.poisoned_data.empty();
  if (named == 0) return std::nullopt;
  if (named > 1) {
    throw Error(ErrorKind::kUsage,
                "give one of --trigger, --trigger-sentence and --poisoned-data, not several");
  }
  if (!options.poisoned_data.empty()) {
    return probe_from_texts(read_dataset(options.poisoned_data, true), data, options.target_label);
  }
  const Trigger trigger = options.triggers.empty()
                              ? Trigger{TriggerKind::kSentence, {options.trigger_sentence}}
                              : Trigger{TriggerKind::kWord, options.triggers};
  return probe_with_trigger(data, trigger, options.target_label, seed);
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

EpurResult purify_embeddings(const ModelPair& pair, const Frequencies& frequencies,
                             const EpurOptions& options) {
  const Tokenizer& tokenizer = *pair.tokenizer;
  // Rows beyond the vocabulary (padding to a round size) have no token and no frequency.
  Frequencies padded = frequencies;
  padded.resize(static_cast<std::size_t>(pair.backdoored.config.vocab_size));
  const auto token = [&](std::int64_t id) {
    return static_cast<std::size_t>(id) < tokenizer.vocabulary_size()
               ? tokenizer.token(static_cast<std::int32_t>(id))
               : "(row " + std::to_string(id) + ")";
  };
  const std::string name(kWordEmbeddings);
  return epur(pair.pretrained.weights.at(name), pair.backdoored.weights.at(name), padded,
              tokenizer.special_ids(), token, options);
}

bool fit_max_length(RunOptions& run, const EncoderConfig& config, Progress& progress) {
  const auto positions = static_cast<std::size_t>(config.max_position_embeddings);
  if (run.max_length <= positions) return false;
  progress.message("texts are cut to " + std::to_string(positions) +
                   " word pieces: the model has no more positions");
  run.max_length = positions;
  return true;
}

DType common_dtype(const Model& a, const Model& b) {
  return a.stored == b.stored && a.stored != DType::kF64 ? a.stored : DType::kF32;
}

std::vector<std::int64_t> labels_of(const Dataset& data) {
  std::vector<std::int64_t> labels;
  labels.reserve(data.size());
  for (const Example& example : data.examples) labels.push_back(example.label);
  return labels;
}

Validation make_validation(std::vector<Encoding> encodings, std::vector<std::int64_t> labels) {
  return [encodings = std::move(encodings), labels = std::move(labels)](const Classifier& model) {
    return held_out(predict(model, encodings, no_progress()), labels);
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
  model.weights.erase(std::string(kClassifierWeight));
  model.weights.erase(std::string(kClassifierBias));
  add_classifier(model, model.config.num_labels, seed);
}

std::uint64_t stored_size(const StateDict& weights) {
  std::uint64_t bytes = 1 << 20;  // header, config, tokenizer, report
  for (const auto& [name, tensor] : weights) bytes += static_cast<std::uint64_t>(tensor.nbytes());
  return bytes;
}

}  // namespace finemix
