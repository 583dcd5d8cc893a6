#include "finemix/pipeline/purify_inputs.h"

#include <ATen/ops/softmax.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "inputs.h"
#include "pipeline/input_hashes.h"
#include "pipeline/label_order.h"
#include "pipeline/pair.h"
#include "pipeline/probe.h"

namespace finemix {
namespace {

// What all runs on the same inputs have in common, as asked for. Unlabelled data comes on top where
// there is labelled: only distillation takes any.
auto common_part(const PurifyOptions& options) {
  const RunOptions& run = options.run;
  const ProbeOptions& probe = options.probe;
  return std::tuple(options.pretrained, options.backdoored, options.clean_data, options.test_data,
                    options.reference, options.frequency.word_counts, options.frequency.count_text,
                    probe.triggers, probe.trigger_sentence, probe.poisoned_data, probe.attack,
                    probe.target_label, probe.seed, options.checks.force,
                    options.checks.vocab_mismatch, run.device, run.precision, run.threads,
                    run.max_length);
}

// The value of `key`, made by `make` at the first call.
template <typename Map, typename Key, typename Make>
const typename Map::mapped_type& once(Map& map, const Key& key, const Make& make) {
  const auto found = map.find(key);
  return found != map.end() ? found->second : map.emplace(key, make()).first->second;
}

struct Inputs {
  std::vector<InputRecord> models;
  std::vector<InputRecord> files;
};

// Without hashes; those that are not given have no path.
Inputs inputs_of(const PurifyOptions& options) {
  Inputs inputs;
  inputs.models = {{"pretrained", options.pretrained, {}},
                   {"backdoored", options.backdoored, {}},
                   {"reference", options.reference, {}}};
  inputs.files = {{"clean_data", options.clean_data, {}},
                  {"unlabelled_data", options.unlabelled_data, {}},
                  {"test_data", options.test_data, {}},
                  {"word_counts", options.frequency.word_counts, {}},
                  {"count_text", options.frequency.count_text, {}}};
  for (InputRecord& file : probe_files(options.probe)) inputs.files.push_back(std::move(file));
  return inputs;
}

}  // namespace

std::vector<InputRecord> input_records(const PurifyOptions& options) {
  Inputs inputs = inputs_of(options);
  return InputHashes(std::move(inputs.models), std::move(inputs.files)).get();
}

std::string sha256_of(const std::vector<InputRecord>& inputs, std::string_view name) {
  const auto found = std::ranges::find(inputs, name, &InputRecord::name);
  if (found != inputs.end()) return found->sha256;
  throw Error(ErrorKind::kInternal, "no input " + std::string(name));
}

std::vector<std::string> input_paths(const PurifyOptions& options) {
  std::vector<std::string> paths;
  const Inputs inputs = inputs_of(options);
  for (const auto* list : {&inputs.models, &inputs.files}) {
    for (const InputRecord& input : *list) {
      if (!input.path.empty()) paths.push_back(input.path);
    }
  }
  return paths;
}

McNemarRecord compare_predictions(const at::Tensor& before, const at::Tensor& after,
                                  std::span<const std::int64_t> labels) {
  const std::vector<std::int64_t> first = predicted_labels(before);
  const std::vector<std::int64_t> second = predicted_labels(after);
  std::uint64_t before_only = 0, after_only = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    before_only += first[i] == labels[i] && second[i] != labels[i];
    after_only += first[i] != labels[i] && second[i] == labels[i];
  }
  return mcnemar(before_only, after_only);
}

class PurifyInputs::State {
 public:
  State(const PurifyOptions& options, Progress& progress)
      : options_(options),
        asked_(common_part(options)),
        probe_uses_seed_(probe_uses_seed(options.probe)) {
    if (options.unlabelled_data.empty()) require_option(options.clean_data, "--clean-data");
    set_threads(static_cast<int>(options.run.threads));
    pair_ = load_pair(options.pretrained, options.backdoored, options.checks);
    for (const std::string& finding : pair_.findings) {
      progress.message(finding);
      notes_.push_back(finding);
    }
    require_head();
    if (fit_max_length(options_.run, pair_.backdoored.config, progress)) {
      notes_.push_back("texts were cut to the model's " + std::to_string(options_.run.max_length) +
                       " positions");
    }
    device_ = choose_device(options.run.device);
    read_data();
    files_ = input_records(options);
    attack_ = measured_attack(options.probe);
    if (attack_) trigger_pieces_ = distinct_pieces(*pair_.tokenizer, attack_->triggers);
    note_what_is_odd(progress);
  }

  const CleanExamples& clean(const PurifyOptions& run) {
    return once(clean_, Draw(run.clean_size, run.run.seed), [&] {
      if (options_.clean_data.empty()) return answered_by_suspect(run.run.seed);
      const auto size = static_cast<std::size_t>(run.clean_size);
      check_enough(source(clean_source_).name, source(clean_source_).size(), size, "--clean-size");
      Dataset data = sample_balanced(source(clean_source_), size, run.run.seed);
      TrainingSet set = tokenize_labelled(
          *pair_.tokenizer, data, pair_.backdoored.config.num_labels, options_.run.max_length);
      std::vector<std::int64_t> labels = labels_of(data);
      return CleanExamples{std::move(data), std::move(set), std::move(labels)};
    });
  }

  const EncodedTexts& unlabelled(const PurifyOptions& run) {
    if (run.unlabelled_data.empty()) return no_texts_;
    const auto count = static_cast<std::int64_t>(run.distillation.texts);
    return once(unlabelled_, Draw(count, run.run.seed), [&] {
      const Dataset drawn = draw(run.distillation.texts, run.run.seed, "unlabelled");
      return encode_all(*pair_.tokenizer, drawn, options_.run.max_length);
    });
  }

  const Frequencies& frequencies(const PurifyOptions& run) {
    const FrequencyOptions& from = options_.frequency;
    const bool of_clean = from.word_counts.empty() && from.count_text.empty();
    const Draw draw = of_clean ? Draw(run.clean_size, run.run.seed) : Draw();
    return once(frequencies_, draw,
                [&] { return count_frequencies(from, clean(run).data, *pair_.tokenizer); });
  }

  const EvaluationSet* test(const PurifyOptions& run) {
    if (!test_) return nullptr;
    return &once(probed_, probe_seed(run), [&] {
      const Dataset& data = source(test_source_);
      const auto probe =
          make_probe(options_.probe, data, pair_.backdoored.config.num_labels, probe_seed(run));
      return EvaluationSet(*test_, *pair_.tokenizer, probe, options_.run.max_length);
    });
  }

  const EvaluationRecord& before(const PurifyOptions& run, Progress& progress) {
    return once(before_, probe_seed(run), [&] {
      const Classifier suspect(pair_.backdoored, device_,
                               evaluation_precision(options_.run, device_));
      EvaluationSet::Result result = test(run)->evaluate(suspect, progress, suspect_logits_);
      suspect_logits_ = std::move(result.logits);
      return result.record;
    });
  }

  const EvaluationRecord& reference(const PurifyOptions& run, Progress& progress) {
    return once(reference_, probe_seed(run), [&] {
      const Model model = load_reference(options_.reference, *pair_.tokenizer, pair_.backdoored);
      const Classifier reference(model, device_, evaluation_precision(options_.run, device_));
      return test(run)->evaluate(reference, progress).record;
    });
  }

 private:
  friend class PurifyInputs;
  using Draw = std::pair<std::int64_t, std::uint64_t>;  // how many, by which seed

  void require_head() const {
    if (pair_.backdoored.weights.contains(kClassifierWeight)) return;
    throw Error(ErrorKind::kMismatch, pair_.backdoored.directory.string() +
                                          ": has no classifier; --backdoored is the fine-tuned "
                                          "model and --pretrained what it was made from");
  }

  void read_data() {
    const std::int64_t labels = pair_.backdoored.config.num_labels;
    if (!options_.clean_data.empty()) {
      clean_source_ = read_dataset(options_.clean_data, true);
      check_labels(*clean_source_, labels);
    }
    if (!options_.test_data.empty()) {
      test_source_ = read_dataset(options_.test_data, true);
      check_labels(*test_source_, labels);
      if (clean_source_) check_pairs(*test_source_, *clean_source_);
    }
    read_unlabelled();
    clean(options_);
    if (clean_source_) check_clean_labels();
    if (!test_source_) {
      notes_.push_back("no --test-data: accuracy and attack success rate were not measured");
      return;
    }
    test_labels_ = labels_of(*test_source_);
    test_.emplace(*pair_.tokenizer, *test_source_, std::nullopt, options_.run.max_length);
    if (!test(options_)->attacked()) {
      notes_.push_back("no trigger is known: attack success rate was not measured");
    }
  }

  // Before they teach anything.
  void check_clean_labels() const {
    constexpr std::size_t kTexts = 512;
    constexpr std::uint64_t kAnySeed = 0;
    const Dataset& all = source(clean_source_);
    const Dataset some = sample_balanced(all, std::min(all.size(), kTexts), kAnySeed);
    const EncodedTexts texts = encode_all(*pair_.tokenizer, some, options_.run.max_length);
    check_label_order(some, predicted_labels(ask_suspect(texts)));
  }

  void read_unlabelled() {
    if (options_.unlabelled_data.empty()) return;
    unlabelled_source_ = read_dataset(options_.unlabelled_data, false);
    const std::optional<Dataset>& task = clean_source_ ? clean_source_ : test_source_;
    if (task && task->pairs() && !unlabelled_source_->pairs()) {
      notes_.push_back(
          "the unlabelled texts are single ones and the task has pairs: pairs were made of them, "
          "which may not teach the task; look at the accuracy");
      constexpr std::uint64_t kAnySeed = 0;  // what is drawn of them has the run's
      unlabelled_source_ = pairs_of(*unlabelled_source_, kAnySeed);
    }
    if (!task && !unlabelled_source_->pairs()) {
      notes_.push_back(
          "there are single texts only; if the task has pairs, give --test-data or a file of "
          "pairs");
    }
    if (task) check_pairs(*unlabelled_source_, *task);
    unlabelled(options_);
  }

  // `count` of the unlabelled texts at most.
  Dataset draw(std::size_t count, std::uint64_t seed, std::string_view purpose) const {
    const Dataset& all = source(unlabelled_source_);
    std::vector<std::size_t> rows = permutation(all.size(), seed, purpose);
    rows.resize(std::min(rows.size(), count));
    Dataset drawn{all.name, {}};
    for (const std::size_t row : rows) drawn.examples.push_back(all.examples[row]);
    return drawn;
  }

  at::Tensor ask_suspect(const EncodedTexts& texts) const {
    const Classifier suspect(pair_.backdoored, device_,
                             evaluation_precision(options_.run, device_));
    return predict(suspect, texts, no_progress());
  }

  CleanExamples answered_by_suspect(std::uint64_t seed) const {
    constexpr std::size_t kTexts = 256;
    Dataset data = draw(kTexts, seed, "without labels");
    EncodedTexts texts = encode_all(*pair_.tokenizer, data, options_.run.max_length);
    const at::Tensor logits = ask_suspect(texts);
    std::vector<std::int64_t> labels = predicted_labels(logits);
    for (std::size_t i = 0; i < labels.size(); ++i) data.examples[i].label = labels[i];
    return {
        std::move(data), {std::move(texts), at::softmax(logits, 1), {}}, std::move(labels), false};
  }

  // What can be meant so, but most likely is not.
  void note_what_is_odd(Progress& progress) {
    const auto note = [&](std::string text) {
      progress.message(text);
      notes_.push_back(std::move(text));
    };
    if (sha256_of(files_, "pretrained") == sha256_of(files_, "backdoored")) {
      note("the suspect and the pre-trained model are the same files, so mixing changes nothing");
    }
    const bool lacking = std::ranges::any_of(trigger_pieces_, [&](std::int64_t piece) {
      return !is_text_piece(*pair_.tokenizer, static_cast<std::int32_t>(piece));
    });
    if (lacking) {
      note("the trigger has characters that the vocabulary lacks: the model sees an unknown word");
    }
  }

  std::uint64_t probe_seed(const PurifyOptions& run) const {
    return probe_uses_seed_ ? options_.probe.seed.value_or(run.run.seed) : 0;
  }

  static const Dataset& source(const std::optional<Dataset>& data) {
    if (data) return *data;
    throw Error(ErrorKind::kInternal, "PurifyInputs: a new draw, but only old ones were kept");
  }

  PurifyOptions options_;
  decltype(common_part(std::declval<const PurifyOptions&>())) asked_;
  bool probe_uses_seed_;
  ModelPair pair_;
  c10::Device device_{c10::kCPU};
  std::vector<InputRecord> files_;
  std::optional<MeasuredAttack> attack_;
  std::vector<std::int64_t> trigger_pieces_;
  std::vector<std::string> notes_;
  std::optional<Dataset> clean_source_;
  std::optional<Dataset> unlabelled_source_;
  std::optional<Dataset> test_source_;
  std::map<Draw, CleanExamples> clean_;
  const EncodedTexts no_texts_;
  std::map<Draw, EncodedTexts> unlabelled_;
  std::map<Draw, Frequencies> frequencies_;
  std::optional<EvaluationSet> test_;  // without an attack
  std::vector<std::int64_t> test_labels_;
  std::map<std::uint64_t, EvaluationSet> probed_;
  std::map<std::uint64_t, EvaluationRecord> before_;
  std::map<std::uint64_t, EvaluationRecord> reference_;
  at::Tensor suspect_logits_;  // of the test data, which no seed changes
};

PurifyInputs::PurifyInputs(const PurifyOptions& options, Progress& progress)
    : state_(std::make_unique<State>(options, progress)) {}
PurifyInputs::PurifyInputs(PurifyInputs&&) noexcept = default;
PurifyInputs& PurifyInputs::operator=(PurifyInputs&&) noexcept = default;
PurifyInputs::~PurifyInputs() = default;

void PurifyInputs::check_same(const PurifyOptions& options) const {
  const std::string& unlabelled = options.unlabelled_data;
  const bool may_lack = unlabelled.empty() && !options.clean_data.empty();
  const bool same_texts = may_lack || unlabelled == state_->options_.unlabelled_data;
  if (same_texts && common_part(options) == state_->asked_) return;
  throw Error(ErrorKind::kInternal,
              "run_purify: the inputs were read for other files, another attack, or another "
              "device, precision, number of threads or length of texts than these options have");
}

void PurifyInputs::keep_draws_only() {
  state_->clean_source_.reset();
  state_->unlabelled_source_.reset();
  state_->test_source_.reset();
}

const ModelPair& PurifyInputs::pair() const { return state_->pair_; }
c10::Device PurifyInputs::device() const { return state_->device_; }
std::size_t PurifyInputs::max_length() const { return state_->options_.run.max_length; }
const std::vector<std::string>& PurifyInputs::notes() const { return state_->notes_; }

std::vector<InputRecord> PurifyInputs::files(const PurifyOptions& options) const {
  std::vector<InputRecord> files = state_->files_;
  if (options.unlabelled_data.empty()) {
    std::erase_if(files, [](const InputRecord& file) { return file.name == "unlabelled_data"; });
  }
  return files;
}

const CleanExamples& PurifyInputs::clean(const PurifyOptions& options) const {
  return state_->clean(options);
}
const EncodedTexts& PurifyInputs::unlabelled(const PurifyOptions& options) const {
  return state_->unlabelled(options);
}
const Frequencies& PurifyInputs::frequencies(const PurifyOptions& options) const {
  return state_->frequencies(options);
}
const EvaluationSet* PurifyInputs::test(const PurifyOptions& options) const {
  return state_->test(options);
}
const EvaluationRecord& PurifyInputs::before(const PurifyOptions& options,
                                             Progress& progress) const {
  return state_->before(options, progress);
}

const std::optional<MeasuredAttack>& PurifyInputs::attack() const { return state_->attack_; }

const std::vector<std::int64_t>& PurifyInputs::trigger_pieces() const {
  return state_->trigger_pieces_;
}
McNemarRecord PurifyInputs::paired(const at::Tensor& logits) const {
  return compare_predictions(state_->suspect_logits_, logits, state_->test_labels_);
}
const EvaluationRecord& PurifyInputs::reference(const PurifyOptions& options,
                                                Progress& progress) const {
  return state_->reference(options, progress);
}

}  // namespace finemix
