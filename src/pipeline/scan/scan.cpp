#include "finemix/pipeline/scan.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/defense/drift.h"
#include "finemix/eval/predict.h"
#include "finemix/eval/trigger_measure.h"
#include "finemix/model/lineage.h"
#include "pipeline/input_hashes.h"
#include "pipeline/inputs.h"
#include "pipeline/pair.h"
#include "pipeline/scan/evidence.h"
#include "pipeline/scan/made_texts.h"
#include "pipeline/scan/twin.h"

namespace finemix {
namespace {

constexpr std::size_t kMadeTexts = 256;
constexpr std::size_t kFewestTexts = 8;    // of other labels, to say anything of a label
constexpr std::size_t kRowsShown = 50;     // of the highest scores
constexpr std::size_t kStrangeRows = 64;   // that are tried as triggers
constexpr std::size_t kExcludedRows = 32;  // that the twin is not to learn from
constexpr std::size_t kExamples = 3;       // of each trigger

class Scan {
 public:
  Scan(const ScanOptions& options, Progress& progress)
      : options_(options), progress_(progress), last_(Clock::now()) {}

  ScanRecord run() {
    read();
    look_at_weights();
    look_at_answers();
    record_.evidence.insert(record_.evidence.begin(), trigger_evidence(record_));
    decide(record_);
    record_.request = options_.run.request;
    record_.inputs = hashes_->get();
    lap("hash");
    return std::move(record_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void lap(const std::string& stage) {
    const Clock::time_point now = Clock::now();
    record_.seconds[stage] = std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

  void read() {
    require_option(options_.pretrained, "--pretrained");
    require_option(options_.backdoored, "--backdoored");
    set_threads(static_cast<int>(options_.run.threads));
    hashes_.emplace(std::vector<InputRecord>{{"pretrained", options_.pretrained, {}},
                                             {"backdoored", options_.backdoored, {}}},
                    std::vector<InputRecord>{{"data", options_.data, {}},
                                             {"word_counts", options_.frequency.word_counts, {}},
                                             {"count_text", options_.frequency.count_text, {}}});
    pair_ = load_pair(options_.pretrained, options_.backdoored, options_.checks);
    device_ = choose_device(options_.run.device);
    if (fit_max_length(options_.run, pair_.backdoored.config, progress_)) {
      record_.notes.push_back("texts are cut to the " + std::to_string(options_.run.max_length) +
                              " positions that the model has");
    }
    lap("read");
  }

  void look_at_weights() {
    const Tokenizer& tokenizer = *pair_.tokenizer;
    const std::string words(kWordEmbeddings);
    const at::Tensor& before = pair_.pretrained.weights.at(words);
    const at::Tensor& after = pair_.backdoored.weights.at(words);
    const Frequencies frequencies =
        options_.frequency.given() ? count_frequencies(options_.frequency, Dataset{}, tokenizer)
                                   : frequencies_by_rank(tokenizer);
    EpurOptions nothing;
    nothing.top_k = 0;
    EpurRecord epur = purify_embeddings(before, after, tokenizer, frequencies, nothing).record;
    std::erase_if(epur.rows, [&](const EpurRow& row) {
      return !is_text_piece(tokenizer, static_cast<std::int32_t>(row.id));
    });
    const auto moved = static_cast<std::uint64_t>(
        std::ranges::count_if(epur.rows, [](const EpurRow& row) { return row.delta_norm > 0; }));
    for (std::size_t i = 0; i < std::min(kStrangeRows, epur.rows.size()); ++i) {
      if (epur.rows[i].delta_norm > 0) strange_rows_.push_back(epur.rows[i].id);
    }
    record_.drift = tensor_drift(pair_.pretrained.weights, pair_.backdoored.weights);
    record_.rows.assign(epur.rows.begin(), epur.rows.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                   kRowsShown, epur.rows.size())));
    record_.evidence.push_back(row_evidence(record_, row_excess(epur.rows)));
    record_.evidence.push_back(drift_evidence(record_, moved, epur.row_count));
    std::vector<std::string> differences = pair_.findings;
    std::erase(differences, pair_.stranger);
    record_.evidence.push_back(tokenizer_evidence(differences));
    record_.evidence.push_back(provenance_evidence(pair_.stranger));
    epur_ = std::move(epur);
    lap("weights");
  }

  // Ordinary texts and their labels: the file's, or what the suspect says of them.
  void prepare_texts(const Classifier& suspect) {
    if (options_.data.empty()) {
      record_.text_source = kTextsFromVocabulary;
      texts_ = make_texts(suspect, *pair_.tokenizer, kMadeTexts, options_.run.seed);
      record_.notes.push_back(
          "no texts were given, so triggers were tried on words in no order: the estimate is of "
          "such texts, and less sure; --data FILE gives real ones, with or without labels");
    } else {
      record_.text_source = kTextsFromData;
      const Dataset all = read_dataset(options_.data, false);
      check_labels(all, pair_.backdoored.config.num_labels);
      texts_ = sample_balanced(all, std::min(options_.texts, all.size()), options_.run.seed);
    }
    encoded_ = encode_all(*pair_.tokenizer, texts_, options_.run.max_length);
    labels_ = predicted_labels(predict(suspect, encoded_, no_progress()));
    if (texts_.labelled()) labels_ = labels_of(texts_);
  }

  void look_at_answers() {
    const Precision precision = choose_precision(options_.run.precision, device_);
    Classifier suspect(pair_.backdoored, device_, precision);
    prepare_texts(suspect);
    const std::vector<std::int64_t> excluded(
        strange_rows_.begin(), strange_rows_.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                           kExcludedRows, strange_rows_.size())));
    const Classifier twin = make_twin(pair_, suspect, encoded_, excluded,
                                      {options_.twin_texts, options_.run.seed}, progress_);
    lap("twin");

    const std::string words(kWordEmbeddings);
    const at::Tensor delta =
        pair_.backdoored.weights.at(words) - pair_.pretrained.weights.at(words);
    PhraseSearchOptions search = options_.search;
    search.seed = options_.run.seed;
    PhraseSearchResult found = search_phrases(
        {suspect, &twin, encoded_, *pair_.tokenizer, delta, strange_rows_}, search, progress_);
    record_.candidates = found.candidates;
    lap("search");
    measure(suspect, twin, std::move(found.triggers));
    lap("measure");
    record_.epur_figure = epur_figure(epur_, trigger_pieces());
  }

  void measure(const Classifier& suspect, const Classifier& twin,
               std::vector<SuspectedTrigger> triggers) {
    TriggerMeasureOptions how;
    how.max_length = options_.run.max_length;
    how.seed = options_.run.seed;
    const TriggerMeasure measure(texts_, labels_, *pair_.tokenizer, how);
    std::erase_if(triggers, [&](const SuspectedTrigger& each) {
      return measure.texts(each.target_label) < kFewestTexts;
    });
    measure.measure(suspect, triggers);
    measure.compare(twin, triggers);
    for (SuspectedTrigger& each : triggers) each.score = trigger_score(trigger_strength(each));
    std::ranges::stable_sort(triggers, std::ranges::greater(), &SuspectedTrigger::score);
    const std::size_t compared = triggers.size();
    if (triggers.size() > options_.shown) triggers.resize(options_.shown);
    measure.show(suspect, kExamples, triggers);
    record_.triggers = std::move(triggers);
    if (record_.triggers.empty()) return;
    const SuspectedTrigger& strongest = record_.triggers.front();
    record_.texts = strongest.flip_rate.total;
    record_.estimated_asr =
        wilson_rate_of_largest(strongest.flip_rate.correct, strongest.flip_rate.total, compared);
  }

  // Of triggers that convict.
  std::vector<std::int64_t> trigger_pieces() const {
    std::vector<std::int64_t> pieces;
    for (const SuspectedTrigger& each : record_.triggers) {
      if (each.score < trigger_evidence(record_).threshold) break;
      pieces.insert(pieces.end(), each.ids.begin(), each.ids.end());
    }
    std::ranges::sort(pieces);
    const auto again = std::ranges::unique(pieces);
    pieces.erase(again.begin(), again.end());
    return pieces;
  }

  ScanOptions options_;
  Progress& progress_;
  Clock::time_point last_;
  std::optional<InputHashes> hashes_;
  ModelPair pair_;
  c10::Device device_{c10::kCPU};
  EpurRecord epur_;
  std::vector<std::int64_t> strange_rows_;
  Dataset texts_;
  EncodedTexts encoded_;
  std::vector<std::int64_t> labels_;
  ScanRecord record_;
};

}  // namespace

ScanRecord run_scan(const ScanOptions& options, Progress& progress) {
  return Scan(options, progress).run();
}

}  // namespace finemix
