#include "finemix/pipeline/purify.h"

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/sha256.h"
#include "finemix/pipeline/purify_inputs.h"
#include "finemix/report/purify_page.h"
#include "finemix/report/text.h"
#include "pipeline/inputs.h"
#include "pipeline/mitigation.h"
#include "pipeline/outputs.h"
#include "pipeline/rho_search.h"
#include "pipeline/scan/success_estimate.h"

namespace finemix {
namespace {

constexpr std::size_t kFolds = 2;

// The trainings that choose rho are many, so each gets this share of the texts that are distilled.
constexpr double kSearchShare = 0.25;

constexpr const char* kAllKept = "1";  // ρ of a method that has none

double parse_rho(const std::string& text) {
  double rho = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rho);
  if (error != std::errc() || end != text.data() + text.size() || !(rho >= 0 && rho <= 1)) {
    throw Error(ErrorKind::kUsage,
                "--rho is '" + text + "', expected auto or a number from 0 to 1");
  }
  return rho;
}

TrainingSet rows_of(const TrainingSet& data, std::span<const std::size_t> rows) {
  TrainingSet part;
  std::vector<std::int64_t> index;
  for (const std::size_t row : rows) {
    part.texts.append(data.texts, row);
    index.push_back(static_cast<std::int64_t>(row));
  }
  part.targets = data.targets.index_select(0, at::tensor(index, at::kLong));
  return part;
}

// Refuses a gate that can't be measured before hours of work are spent on failing it.
void check_measured(const PurifyOptions& options, bool chooses_rho) {
  const GateBounds& gates = options.gates;
  const bool known = options.probe.known();
  if (gates.max_asr && known && options.test_data.empty()) {
    throw Error(ErrorKind::kUsage,
                "--max-asr of the attack that was named can't be told without labelled texts to "
                "put it into: give --test-data");
  }
  if (gates.max_asr && !known && options.no_estimate) {
    throw Error(ErrorKind::kUsage,
                "--max-asr can't be told with --no-estimate where no attack is named: leave out "
                "one of the two");
  }
  if (chooses_rho || !options.test_data.empty() || !(gates.min_acc || gates.max_acc_drop)) return;
  throw Error(ErrorKind::kUsage,
              std::string(gates.min_acc ? "--min-acc" : "--max-acc-drop") +
                  " can't be told without labelled texts to measure on: give --test-data, or "
                  "--rho auto, which holds out clean ones");
}

// Without labelled texts: what can do without.
void check_without_labels(const PurifyOptions& options, bool distils) {
  if (!options.clean_data.empty()) return;
  if (options.unlabelled_data.empty()) {
    throw Error(ErrorKind::kUsage,
                "--clean-data is missing: give labelled texts" +
                    std::string(distils ? ", or any ordinary ones by --unlabelled-data to do "
                                          "without labels"
                                        : "; only distillation can do without"));
  }
  if (options.rho == "auto") {
    throw Error(ErrorKind::kUsage,
                "--rho auto chooses by accuracy on labelled texts: give --clean-data, or --rho R");
  }
  if (options.clean_size != 0) {
    throw Error(ErrorKind::kUsage, "--clean-size draws from --clean-data, which is missing");
  }
}

// Throws kUsage on what is wrong before anything is read.
[[nodiscard]] OutputClaim check(const PurifyOptions& options) {
  const MitigationMethod& method = find_mitigation(options.method);
  if (!options.unlabelled_data.empty() && !method.distils) {
    throw Error(ErrorKind::kUsage, "--unlabelled-data is of no use to --method " + options.method +
                                       "; only distillation learns from it");
  }
  check_without_labels(options, method.distils);
  check_reference(options.reference, options.probe);
  check_training(options.training);
  if (options.rho != "auto") parse_rho(options.rho);
  check_measured(options, options.rho == "auto" && !method.rho.empty());
  return check_output(options.output, options.run.overwrite, input_paths(options));
}

// SHA-256 of fp32 logits, one tensor after the other; undefined ones count for nothing.
std::string hash_logits(const std::vector<at::Tensor>& parts) {
  Sha256 hash;
  for (const at::Tensor& logits : parts) {
    if (!logits.defined()) continue;
    const at::Tensor rows = logits.contiguous();
    hash.update({static_cast<const std::byte*>(rows.const_data_ptr()), rows.nbytes()});
  }
  return hash.finish();
}

using Clock = std::chrono::steady_clock;

// One purification: what the stages share. Its time is counted from `start`.
class Purification {
 public:
  Purification(const PurifyInputs& inputs, const PurifyOptions& options, Clock::time_point start,
               Progress& progress)
      : options_(options),
        progress_(progress),
        method_(find_mitigation(options.method)),
        inputs_(inputs),
        pair_(inputs.pair()),
        device_(inputs.device()),
        last_(start) {
    inputs.check_same(options);
    options_.run.max_length = inputs.max_length();
    if (!method_.rho.empty() && options.rho != "auto" &&
        options.rho_grid != PurifyOptions().rho_grid) {
      progress.message("--rho-grid is not used: only --rho auto tries several");
    }
    if (method_.rho.empty() && options.rho != kAllKept) {
      progress.message("--rho is not used: " + options.method + " keeps all of the suspect");
    }
    record_.method = options.method;
    record_.seed = options.run.seed;
    record_.inputs = inputs.files(options);
    store_ = training_store(options.output, options.resume, record_.inputs);
    check_room(pair_.backdoored, options.output, options.run.overwrite);
    record_.notes = inputs.notes();
    clean_ = &inputs.clean(options_);
    note_missing_labels();
    test_ = inputs.test(options_);
    if (test_ != nullptr) record_.attack = inputs.attack();
    lap("read");
  }

  PurifyRecord run() {
    record_.request = options_.run.request;
    if (test_ != nullptr) {
      record_.before = inputs_.before(options_, progress_);
      lap("evaluate_before");
    }
    const bool chooses = options_.rho == "auto" && !method_.rho.empty();
    const bool estimates = !options_.no_estimate && !options_.probe.known();
    if (estimates || method_.distils || (chooses && !options_.no_estimate)) {
      estimate_.emplace(inputs_.pair(), device_, *clean_, options_.run, progress_);
      suspected_ = estimate_->suspected();
      lap("search_triggers");
      check_estimate();
    }
    purify_rows();
    std::span<const Classifier> twins;
    if (estimate_) twins = estimate_->twins();
    mitigation_ = method_.make({options_, pair_, device_, *clean_, inputs_.unlabelled(options_),
                                reset_rows_, suspected_, twins},
                               progress_);
    record_.triggers = mitigation_->triggers();
    if (!method_.preparation.empty()) lap(std::string(method_.preparation));
    record_.rho = choose();
    StartWeights start = mitigation_->start(record_.rho);
    record_.mix = std::move(start.mix);
    Model purified = pair_.backdoored;
    purified.weights = std::move(start.weights);
    apply_head_choice(options_.head, purified, options_.run.seed);
    lap("mix");
    if (method_.training) {
      purified.weights = fine_tune(purified, clean_->set, 1.0, record_.training.emplace(),
                                   progress_, store_ ? &*store_ : nullptr)
                             .parameters()
                             .state_dict();
      lap("fine_tune");
    }
    mitigation_.reset();  // it is about the suspect
    pair_.backdoored = std::move(purified);
    after_training(store_, progress_, [this, estimates] {
      evaluate_after();
      if (estimates) {
        record_.estimated = estimate_->after(pair_.backdoored, progress_);
        lap("estimate_after");
      }
      record_.gates = gates_of(options_.gates, record_);
      if (!store_) return;
      if (options_.keep_failed || all_passed(record_.gates)) {
        write();
      } else {
        store_->discard();
      }
    });
    return std::move(record_);
  }

  // What run() made.
  Model take_model() { return std::move(pair_.backdoored); }

 private:
  void note_missing_labels() {
    for (std::int64_t label = 0; label < pair_.backdoored.config.num_labels; ++label) {
      if (std::ranges::find(clean_->labels, label) != clean_->labels.end()) continue;
      std::string note =
          (clean_->labelled ? "no clean example has label "
                            : "the suspect gives none of the texts it was asked about label ") +
          std::to_string(label) + ", which training on them may unlearn";
      progress_.message(note);
      record_.notes.push_back(std::move(note));
    }
  }

  // Refuses a gate that this many texts can't tell, before the training, and notes the rest.
  void check_estimate() {
    const std::vector<std::int64_t>& without = estimate_->unsearched_labels();
    if (options_.gates.max_asr && !options_.probe.known() && !without.empty()) {
      throw Error(
          ErrorKind::kUsage,
          clean_->data.name + ": --max-asr can't be told: triggers to label " +
              std::to_string(without.front()) +
              " can't be looked for, since too few of the texts are of another label, or "
              "the suspect gives this one to nearly all of them once they are cut short; give "
              "others, at least 8 of each label, or leave --max-asr out");
    }
    for (std::string& note : estimate_->limits()) {
      progress_.message(note);
      record_.notes.push_back(std::move(note));
    }
  }

  void purify_rows() {
    if (options_.no_epur) return;
    EpurResult result = purify_embeddings(pair_, inputs_.frequencies(options_), options_.epur);
    pair_.backdoored.weights.insert_or_assign(std::string(kWordEmbeddings),
                                              std::move(result.word_embeddings));
    for (const EpurRow& row : result.record.rows) {
      if (row.reset) reset_rows_.push_back(row.id);
    }
    record_.epur_figure = epur_figure(result.record, inputs_.trigger_pieces());
    record_.epur = std::move(result.record);
    lap("epur");
  }

  double choose() {
    if (method_.rho.empty()) return 1;
    if (options_.rho != "auto") return parse_rho(options_.rho);
    if (clean_->data.size() < 2 * kFolds) {
      throw Error(ErrorKind::kMismatch, clean_->data.name + ": " +
                                            std::to_string(clean_->data.size()) +
                                            " clean examples are too few to choose rho by; "
                                            "give --rho R, or more examples");
    }
    const Classifier suspect(inputs_.pair().backdoored, device_,
                             evaluation_precision(options_.run, device_));
    record_.suspect_accuracy =
        held_out(predict(suspect, clean_->set.texts, no_progress()), clean_->labels).accuracy;
    const auto folds = make_folds(clean_->labels, kFolds, options_.run.seed);
    progress_.begin("choosing rho", options_.rho_grid.size() * kFolds, "trainings");
    for (const double rho : options_.rho_grid) {
      record_.rho_curve.push_back(cross_validate(rho, folds));
    }
    progress_.end();
    lap("choose_rho");
    const double most = options_.gates.max_acc_drop.value_or(kAutoAccDrop);
    const double least = record_.suspect_accuracy->value - most / 100;
    const double bound = std::max(least, options_.gates.min_acc.value_or(0));
    if (any_keeps(record_.rho_curve, bound)) return choose_rho(record_.rho_curve, bound);
    if (!any_keeps(record_.rho_curve, least)) {
      record_.notes.push_back("no rho of those tried keeps accuracy within " + fixed(most, 1) +
                              " points of the suspect's on held-out examples, so that of the most "
                              "accurate ones that which leaves least of an attack was chosen");
      progress_.message(record_.notes.back());
    }
    return choose_rho(record_.rho_curve, least);
  }

  // Of the model of the last fold the attack success is estimated.
  RhoPoint cross_validate(double rho, const std::vector<std::vector<std::size_t>>& folds) {
    const StateDict start = mitigation_->start(rho).weights;
    RhoPoint point{rho, {}, {}};
    Model model = pair_.backdoored;
    std::uint64_t right = 0;
    for (const std::vector<std::size_t>& held : folds) {
      std::vector<std::size_t> rest;
      for (std::size_t row = 0; row < clean_->data.size(); ++row) {
        if (std::find(held.begin(), held.end(), row) == held.end()) rest.push_back(row);
      }
      TrainRecord ignored;
      model.weights = start;
      apply_head_choice(options_.head, model, options_.run.seed);
      const Classifier trained =
          fine_tune(model, rows_of(clean_->set, rest), kSearchShare, ignored, no_progress());
      const TrainingSet part = rows_of(clean_->set, held);
      std::vector<std::int64_t> labels;
      for (const std::size_t row : held) labels.push_back(clean_->labels[row]);
      right += held_out(predict(trained, part.texts, no_progress()), labels).accuracy.correct;
      if (&held == &folds.back() && estimate_ && !options_.no_estimate) {
        point.estimated_asr = estimate_->success(trained);
      }
      progress_.advance(1);
    }
    point.accuracy = wilson_rate(right, clean_->data.size());
    return point;
  }

  // Step 3 on these labelled examples; `share` as Mitigation has it. Takes the model's weights: two
  // copies of them need not be there.
  Classifier fine_tune(Model& model, const TrainingSet& clean, double share, TrainRecord& record,
                       Progress& progress, TrainingStore* store = nullptr) const {
    Classifier classifier(model, device_, choose_precision(options_.run.precision, device_));
    model.weights.clear();
    TrainOptions training = options_.training;
    training.seed = options_.run.seed;
    record = train(classifier, mitigation_->training_set(clean, share), training, nullptr, progress,
                   store);
    return classifier;
  }

  void evaluate_after() {
    if (test_ == nullptr) return;
    const Classifier purified(pair_.backdoored, device_,
                              evaluation_precision(options_.run, device_));
    EvaluationSet::Result result = test_->evaluate(purified, progress_);
    record_.after = std::move(result.record);
    record_.paired = inputs_.paired(result.logits);
    record_.predictions_sha256 = hash_logits({result.logits, result.triggered_logits});
    lap("evaluate_after");
    if (options_.reference.empty()) return;
    const EvaluationRecord& reference = inputs_.reference(options_, progress_);
    set_floors(record_.before, reference);
    set_floors(record_.after, reference);
    lap("evaluate_reference");
  }

  void write() {
    write_model(pair_.backdoored, options_.output, options_.run, record_.inputs,
                [this](const std::filesystem::path& directory) {
                  lap("write");
                  write_text_file(directory / "report.json", json_text(to_json(record_)), false);
                  write_text_file(directory / "report.html", html(record_), false);
                });
    store_->discard();
  }

  // Books the time since the last call under `stage`.
  void lap(const std::string& stage) {
    const Clock::time_point now = Clock::now();
    record_.seconds[stage] = std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

  PurifyOptions options_;
  Progress& progress_;
  const MitigationMethod& method_;
  const PurifyInputs& inputs_;
  std::optional<TrainingStore> store_;
  ModelPair pair_;  // shares the tensors of inputs_, so stages replace them and never write to them
  c10::Device device_;
  const CleanExamples* clean_ = nullptr;
  const EvaluationSet* test_ = nullptr;   // nullptr: no test data
  std::vector<std::int64_t> reset_rows_;  // of the word embeddings, by E-PUR
  std::unique_ptr<Mitigation> mitigation_;
  std::optional<SuccessEstimate> estimate_;  // where no attack is known, or triggers are unlearnt
  std::vector<SuspectedTrigger> suspected_;  // that convict the suspect
  PurifyRecord record_;
  Clock::time_point last_;
};

}  // namespace

void PurifyOptions::set_method(std::string_view name) {
  const MitigationMethod& chosen = find_mitigation(name);
  method = name;
  rho = chosen.rho.empty() ? kAllKept : chosen.rho;
  training = chosen.training.value_or(training_on_clean());
}

PurifyRecord run_purify(const PurifyOptions& options, Progress& progress) {
  const Clock::time_point start = Clock::now();
  require_option(options.output, "--output");
  const OutputClaim claim = check(options);
  PurifyInputs inputs(options, progress);
  inputs.keep_draws_only();
  return Purification(inputs, options, start, progress).run();
}

PurifyRecord run_purify(const PurifyInputs& inputs, const PurifyOptions& options,
                        Progress& progress) {
  const OutputClaim claim = check(options);
  set_threads(static_cast<int>(options.run.threads));
  return Purification(inputs, options, Clock::now(), progress).run();
}

Purified purify(const PurifyInputs& inputs, PurifyOptions options, Progress& progress) {
  options.output.clear();
  const OutputClaim claim = check(options);
  set_threads(static_cast<int>(options.run.threads));
  Purification purification(inputs, options, Clock::now(), progress);
  PurifyRecord record = purification.run();
  return {std::move(record), purification.take_model()};
}

}  // namespace finemix
