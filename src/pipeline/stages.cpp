#include "finemix/pipeline/stages.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/manifest.h"
#include "finemix/io/output_guard.h"
#include "finemix/model/streamed_model.h"
#include "finemix/record/made.h"
#include "pipeline/input_hashes.h"
#include "pipeline/inputs.h"
#include "pipeline/memory_limit.h"
#include "pipeline/outputs.h"
#include "pipeline/pair.h"
#include "pipeline/probe.h"

namespace finemix {
namespace {

void write_model(const StreamedModel& model, const std::string& output, const RunOptions& run,
                 InputHashes& inputs) {
  AtomicDirectory directory(output, run.overwrite, model.bytes());
  const auto hashes = write_streamed(model, directory.staging());
  write_manifest(directory.staging(), made_by(run.request, run.seed, inputs.get()), hashes);
  directory.commit();
}

template <typename Options>
std::vector<InputRecord> models_of(const Options& options) {
  return {{"pretrained", options.pretrained, {}}, {"backdoored", options.backdoored, {}}};
}

// What finding out which weights are kept takes at most.
std::uint64_t selection_bytes(const StoredModel& model) {
  constexpr std::uint64_t kWeightsAByte = 128;
  std::uint64_t weights = 0;
  for (const auto& entry : model.places()) weights += model.info(entry.first).elements();
  return weights / kWeightsAByte;
}

// The suspect's classifier head as `head` asks for: nothing where it stays, else what takes its
// place, with the config text that goes with it.
StateDict drawn_head(const StoredModel& suspect, const std::string& head, std::uint64_t seed,
                     std::string& config_text) {
  Model model;
  model.config = suspect.config();
  model.config_text = std::move(config_text);
  for (const auto& entry : suspect.places()) model.weights.emplace(entry.first, at::Tensor());
  apply_head_choice(head, model, seed);
  config_text = std::move(model.config_text);
  std::erase_if(model.weights, [](const auto& entry) { return !entry.second.defined(); });
  return std::move(model.weights);
}

// Throws what writing them would.
void check_predictions(const EvalVerbOptions& options) {
  if (options.predictions.empty()) return;
  std::vector<std::string> inputs = {options.model, options.data, options.reference};
  for (const InputRecord& file : probe_files(options.probe)) inputs.push_back(file.path);
  check_apart(options.predictions, inputs);
  AtomicFile(options.predictions, options.run.overwrite);
}

void write_predictions(const std::string& path, const at::Tensor& logits, bool overwrite) {
  AtomicFile file(path, overwrite);
  const std::vector<std::int64_t> labels = predicted_labels(logits);
  const auto rows = logits.accessor<float, 2>();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    Json values = Json::array();
    for (std::int64_t k = 0; k < rows.size(1); ++k) {
      values.push_back(rows[static_cast<std::int64_t>(i)][k]);
    }
    file.write(Json{{"label", labels[i]}, {"logits", std::move(values)}}.dump() + "\n");
  }
  file.commit();
}

}  // namespace

TrainRecord run_train(const TrainVerbOptions& options, Progress& progress) {
  require_option(options.pretrained, "--pretrained");
  require_option(options.data, "--data");
  const OutputClaim claim = check_output(options.output, options.run.overwrite,
                                         {options.pretrained, options.data, options.validation});
  set_threads(static_cast<int>(options.run.threads));
  InputHashes hashes({{"pretrained", options.pretrained, {}}},
                     {{"data", options.data, {}}, {"validation", options.validation, {}}});
  LoadedModel loaded = load_with_tokenizer(options.pretrained);
  Model& model = loaded.model;
  RunOptions run = options.run;
  fit_max_length(run, model.config, progress);
  const Dataset data = read_dataset(options.data, true);
  TrainOptions training = options.training;
  training.seed = options.run.seed;
  add_classifier(model, label_count(data), training.seed);
  become_trained(model);
  check_room(model, options.output, options.run.overwrite);

  const c10::Device device = choose_device(options.run.device);
  Classifier classifier(model, device, choose_precision(options.run.precision, device));
  Validation validation;
  if (!options.validation.empty()) {
    const Dataset held = read_dataset(options.validation, true);
    check_labels(held, model.config.num_labels);
    validation =
        make_validation(encode_all(*loaded.tokenizer, held, run.max_length), labels_of(held));
  }
  const std::vector<InputRecord> inputs = hashes.get();
  std::optional<TrainingStore> store = training_store(options.output, options.resume, inputs);
  const TrainRecord record =
      train(classifier,
            tokenize_labelled(*loaded.tokenizer, data, model.config.num_labels, run.max_length),
            training, validation, progress, store ? &*store : nullptr);
  model.weights = classifier.parameters().state_dict();
  if (store) {
    after_training(store, progress,
                   [&] { write_model(model, options.output, options.run, inputs); });
    store->discard();
  }
  return record;
}

EvaluationRecord run_eval(const EvalVerbOptions& options, Progress& progress) {
  require_option(options.model, "--model");
  require_option(options.data, "--data");
  check_reference(options.reference, options.probe);
  check_predictions(options);
  set_threads(static_cast<int>(options.run.threads));
  const LoadedModel loaded = load_with_tokenizer(options.model);
  RunOptions run = options.run;
  fit_max_length(run, loaded.model.config, progress);
  const Dataset data = read_dataset(options.data, false);
  if (data.labelled()) check_labels(data, loaded.model.config.num_labels);
  const std::optional<AttackProbe> probe =
      make_probe(options.probe, data, loaded.model.config.num_labels, options.run.seed);
  const c10::Device device = choose_device(options.run.device);
  const Classifier classifier(loaded.model, device, evaluation_precision(options.run, device));
  const EvaluationSet set(*loaded.tokenizer, data, probe, run.max_length);
  EvaluationSet::Result result = set.evaluate(classifier, progress);
  if (!options.reference.empty()) {
    const Classifier reference(load_reference(options.reference, *loaded.tokenizer, loaded.model),
                               device, evaluation_precision(options.run, device));
    set_floors(result.record, set.evaluate(reference, progress).record);
  }
  if (!options.predictions.empty()) {
    write_predictions(options.predictions, result.logits, options.run.overwrite);
  }
  return result.record;
}

EpurRecord run_epur(const EpurVerbOptions& options, Progress& progress) {
  const OutputClaim claim =
      check_output(options.output, options.run.overwrite,
                   {options.pretrained, options.backdoored, options.frequency.word_counts,
                    options.frequency.count_text});
  set_threads(static_cast<int>(options.run.threads));
  const StoredPair pair = open_pair(options.pretrained, options.backdoored, options.checks);
  for (const std::string& finding : pair.findings) progress.message(finding);
  const Frequencies frequencies = count_frequencies(options.frequency, {}, *pair.tokenizer);
  if (options.frequency.word_counts.empty() && options.frequency.count_text.empty()) {
    progress.message(
        "no --word-counts and no --count-text: every word counts as rare, so frequent words look "
        "more suspicious than they are");
  }
  const StoredModel& suspect = pair.backdoored;
  // Both tables and the one that comes of them; and what is recorded of each row.
  constexpr std::uint64_t kBytesARow = 800;
  const TensorInfo& table = suspect.info(kWordEmbeddings);
  keep_streaming_within(options.max_memory,
                        table.elements() * 3 * sizeof(float) +
                            static_cast<std::uint64_t>(table.shape[0]) * kBytesARow);
  EpurResult result =
      purify_embeddings(pair.pretrained.read(kWordEmbeddings), suspect.read(kWordEmbeddings),
                        *pair.tokenizer, frequencies, options.epur);
  if (!options.output.empty()) {
    InputHashes inputs(models_of(options), {{"word_counts", options.frequency.word_counts, {}},
                                            {"count_text", options.frequency.count_text, {}}});
    StreamedModel model{suspect,
                        suspect.config_text(),
                        {{std::string(kWordEmbeddings), std::move(result.word_embeddings)}},
                        {},
                        std::bind_front(&StoredModel::read_ahead, &suspect)};
    std::vector<std::vector<std::byte>> buffers(streaming_workers());
    model.fill = [&](std::string_view name, std::uint64_t begin, std::span<std::byte> out,
                     std::size_t worker) {
      suspect.read_as(suspect.info(name).dtype, name, begin, out, buffers[worker]);
    };
    write_model(model, options.output, options.run, inputs);
  }
  return std::move(result.record);
}

MixRecord run_mix(const MixVerbOptions& options, Progress& progress) {
  const OutputClaim claim =
      check_output(options.output, options.run.overwrite, {options.pretrained, options.backdoored});
  set_threads(static_cast<int>(options.run.threads));
  const StoredPair pair = open_pair(options.pretrained, options.backdoored, options.checks);
  for (const std::string& finding : pair.findings) progress.message(finding);
  const StoredModel& suspect = pair.backdoored;
  keep_streaming_within(options.max_memory, selection_bytes(suspect));
  std::string config_text = suspect.config_text();
  StateDict head = drawn_head(suspect, options.head, options.run.seed, config_text);
  MixOptions mix_options = options.mix;
  mix_options.seed = options.run.seed;
  StoredMix mix(pair.pretrained, suspect, mix_options);
  if (options.output.empty()) {
    mix.count();
  } else {
    InputHashes inputs(models_of(options), {});
    const StreamedModel model{suspect, std::move(config_text), std::move(head),
                              std::bind_front(&StoredMix::fill, &mix),
                              std::bind_front(&StoredMix::announce, &mix)};
    write_model(model, options.output, options.run, inputs);
  }
  return mix.record();
}

void run_tokenize(const TokenizeVerbOptions& options,
                  const std::function<void(std::span<const std::int32_t>)>& line) {
  require_option(options.model, "--model");
  require_option(options.data, "--data");
  set_threads(static_cast<int>(options.run.threads));
  const auto tokenizer = load_tokenizer(options.model);
  const Dataset data = read_dataset(options.data, false);
  const EncodedTexts texts = encode_all(*tokenizer, data, options.run.max_length);
  for (std::size_t i = 0; i < texts.size(); ++i) line(texts.ids(i));
}

}  // namespace finemix
