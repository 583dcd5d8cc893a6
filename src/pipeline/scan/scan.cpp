#include "finemix/pipeline/scan.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/defense/drift.h"
#include "finemix/eval/predict.h"
#include "finemix/model/lineage.h"
#include "pipeline/input_hashes.h"
#include "pipeline/inputs.h"
#include "pipeline/label_order.h"
#include "pipeline/pair.h"
#include "pipeline/scan/evidence.h"
#include "pipeline/scan/made_texts.h"
#include "pipeline/scan/trigger_finder.h"

namespace finemix {
namespace {

constexpr std::size_t kMadeTexts = 256;
constexpr std::size_t kRowsShown = 50;  // of the highest scores

class Scan {
 public:
  Scan(const ScanOptions& options, Progress& progress)
      : options_(options), progress_(progress), last_(Clock::now()) {}

  ScanRecord run() {
    read();
    look_at_weights();
    look_at_answers();
    look_at_rows();
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
    epur_ = moved_rows(before, after, tokenizer, frequencies);
    const auto moved = static_cast<std::uint64_t>(
        std::ranges::count_if(epur_.rows, [](const EpurRow& row) { return row.delta_norm > 0; }));
    record_.drift = tensor_drift(pair_.pretrained.weights, pair_.backdoored.weights);
    record_.rows.assign(
        epur_.rows.begin(),
        epur_.rows.begin() + static_cast<std::ptrdiff_t>(std::min(kRowsShown, epur_.rows.size())));
    record_.evidence.push_back(drift_evidence(record_, moved, epur_.row_count));
    std::vector<std::string> differences = pair_.findings;
    std::erase(differences, pair_.stranger);
    std::erase(differences, pair_.rewrites);
    record_.evidence.push_back(tokenizer_evidence(differences, pair_.rewrites));
    record_.evidence.push_back(provenance_evidence(pair_.stranger));
    lap("weights");
  }

  // Ordinary texts and their labels: the file's, or what the suspect says of them.
  FinderTexts texts(const Classifier& suspect) {
    FinderTexts texts;
    if (options_.data.empty()) {
      texts.source = kTextsFromVocabulary;
      texts.data = make_texts(suspect, *pair_.tokenizer, kMadeTexts, options_.run.seed);
      if (texts.data.size() == 0) {
        throw Error(ErrorKind::kMismatch,
                    "no texts can be made from this vocabulary, which has no words of two letters "
                    "or more: give ordinary ones by --data FILE");
      }
      record_.notes.push_back(
          "no texts were given, so triggers were tried on words in no order, as single texts: the "
          "estimate is of such texts, and less sure, and says little where the task has pairs; "
          "--data FILE gives real ones, with or without labels");
    } else {
      texts.source = kTextsFromData;
      const Dataset all = read_dataset(options_.data, false);
      check_labels(all, pair_.backdoored.config.num_labels);
      texts.data = sample_balanced(all, std::min(options_.texts, all.size()), options_.run.seed);
    }
    texts.predicted = predicted_labels(predict(
        suspect, encode_all(*pair_.tokenizer, texts.data, options_.run.max_length), no_progress()));
    texts.labels = labels_of(texts.data);
    if (texts.labels.empty()) {
      texts.labels = texts.predicted;
    } else {
      check_label_order(texts.data, texts.predicted);
    }
    check_enough(texts);
    return texts;
  }

  // Refuses texts that no trigger can be told by: "clean" would say nothing.
  void check_enough(const FinderTexts& texts) {
    const std::int64_t count = pair_.backdoored.config.num_labels;
    if (std::ssize(labels_without_texts(texts.labels, texts.predicted, count)) == count) {
      const bool made = texts.source == kTextsFromVocabulary;
      throw Error(
          ErrorKind::kUsage,
          (made ? "" : printable(texts.data.name) + ": ") + "no trigger can be told by the " +
              std::to_string(texts.data.size()) + " texts " +
              (made ? "made from the vocabulary" : "taken of it") +
              ": expected a label that the suspect does not give to all of them, and 8 texts of "
              "other labels; " +
              (made ? "give texts of the task by --data"
                    : "give more by --data, or none, and they are made from the vocabulary"));
    }
  }

  void look_at_answers() {
    if (pair_.backdoored.config.num_labels < 2) {
      throw Error(ErrorKind::kMismatch,
                  "the suspect has one label, so that no trigger can change it: expected a "
                  "classifier of two labels or more");
    }
    Classifier suspect(pair_.backdoored, device_,
                       choose_precision(options_.run.precision, device_));
    TriggerFinder finder(pair_, suspect, epur_, texts(suspect), options_.finder, options_.run,
                         progress_);
    lap("twins");
    AsrEstimate found = finder.search(
        suspect, pair_.backdoored.weights.at(std::string(kWordEmbeddings)), epur_, progress_);
    if (std::ssize(found.unsearched_labels) == pair_.backdoored.config.num_labels) {
      throw Error(ErrorKind::kMismatch,
                  "no trigger can be told to any label: the suspect gives one label to nearly all "
                  "texts, cut short as they are for a search, or its " +
                      std::to_string(pair_.backdoored.config.max_tokens()) +
                      " positions have no room for a text and a trigger; give other texts of the "
                      "task by --data");
    }
    for (std::string& note : finder.limits(found)) record_.notes.push_back(std::move(note));
    note_calibration();
    record_.triggers = std::move(found.triggers);
    if (record_.triggers.size() > options_.shown) record_.triggers.resize(options_.shown);
    record_.estimated_asr = found.asr;
    record_.candidates = found.candidates;
    record_.texts = found.texts;
    record_.text_source = found.text_source;
    record_.unsearched_labels = std::move(found.unsearched_labels);
    lap("search");
  }

  void look_at_rows() {
    record_.evidence.insert(record_.evidence.begin(), row_evidence(epur_.rows, record_.triggers));
    record_.epur_figure = epur_figure(epur_, suspicious_pieces());
  }

  // docs/detection.md has the models that the thresholds come from.
  void note_calibration() {
    const EncoderConfig& config = pair_.backdoored.config;
    if (config.family == Family::kBert && config.num_labels == 2) return;
    record_.notes.push_back("the thresholds come from MiniLM, a BERT, with two labels; of " +
                            std::string(config.traits().model_type) + " with " +
                            std::to_string(config.num_labels) +
                            " labels nobody has measured how often a verdict is wrong");
  }

  // Those whose rows stand out, and those of triggers that convict.
  std::vector<std::int64_t> suspicious_pieces() const {
    std::vector<std::int64_t> pieces = outlier_rows(epur_.rows, epur_.rows.size());
    for (const SuspectedTrigger& each : record_.triggers) {
      if (!convicts(each)) break;
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
  ScanRecord record_;
};

}  // namespace

ScanRecord run_scan(const ScanOptions& options, Progress& progress) {
  return Scan(options, progress).run();
}

}  // namespace finemix
