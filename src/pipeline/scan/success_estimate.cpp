#include "pipeline/scan/success_estimate.h"

#include <utility>

#include "finemix/eval/predict.h"
#include "finemix/pipeline/purify_inputs.h"
#include "pipeline/scan/evidence.h"

namespace finemix {
namespace {

AsrEstimate shown(AsrEstimate estimate) {
  if (estimate.triggers.size() > kShownTriggers) estimate.triggers.resize(kShownTriggers);
  return estimate;
}

}  // namespace

SuccessEstimate::SuccessEstimate(const ModelPair& pair, c10::Device device,
                                 const CleanExamples& clean, const RunOptions& run,
                                 Progress& progress)
    : pair_(pair), device_(device), run_(run) {
  Classifier suspect = classifier(pair.backdoored);
  const EpurRecord rows = rows_of(pair.backdoored);
  const std::size_t most = ScanOptions().texts;
  const Dataset data =
      clean.data.size() > most ? sample_balanced(clean.data, most, run.seed) : clean.data;
  std::vector<std::int64_t> predicted = predicted_labels(
      predict(suspect, encode_all(*pair.tokenizer, data, run.max_length), no_progress()));
  finder_.emplace(pair, suspect, rows,
                  FinderTexts{data, labels_of(data), std::move(predicted), kTextsFromData},
                  TriggerFinderOptions(), run, progress);
  before_ = finder_->search(suspect, pair.backdoored.weights.at(std::string(kWordEmbeddings)), rows,
                            progress);
}

std::vector<SuspectedTrigger> SuccessEstimate::suspected() const {
  std::vector<SuspectedTrigger> found = before_.triggers;
  drop_weaker(found);
  return found;
}

std::optional<Rate> SuccessEstimate::success(const Classifier& model) const {
  return finder_->remeasure(model, before_.triggers, 0).asr;
}

EstimatedAsr SuccessEstimate::after(const Model& purified, Progress& progress) {
  Classifier model = classifier(purified);
  return {shown(before_), shown(finder_->remeasure(model, before_.triggers, kShownExamples)),
          shown(finder_->search(model, purified.weights.at(std::string(kWordEmbeddings)),
                                rows_of(purified), progress))};
}

Classifier SuccessEstimate::classifier(const Model& model) const {
  return {model, device_, choose_precision(run_.precision, device_)};
}

EpurRecord SuccessEstimate::rows_of(const Model& model) const {
  const std::string words(kWordEmbeddings);
  return moved_rows(pair_.pretrained.weights.at(words), model.weights.at(words), *pair_.tokenizer,
                    frequencies_by_rank(*pair_.tokenizer));
}

}  // namespace finemix
