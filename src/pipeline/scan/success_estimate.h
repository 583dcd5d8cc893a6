#pragma once

#include <optional>
#include <span>

#include "pipeline/scan/trigger_finder.h"

namespace finemix {

struct CleanExamples;

// Estimates how well attacks that nobody knows work on a suspect, and then on what it was purified
// to, by the triggers that can be found.
class SuccessEstimate {
 public:
  // Searches on the suspect; `pair` must outlive this.
  SuccessEstimate(const ModelPair& pair, c10::Device device, const CleanExamples& clean,
                  const RunOptions& run, Progress& progress);

  // The triggers that convict the suspect, but for much weaker ones than the strongest.
  std::vector<SuspectedTrigger> suspected() const;

  // What makes the estimates less sure, in words.
  std::vector<std::string> limits() const { return finder_->limits(before_); }
  // As AsrEstimate has it.
  const std::vector<std::int64_t>& unsearched_labels() const { return before_.unsearched_labels; }

  // The suspect's clean twins.
  std::span<const Classifier> twins() const { return finder_->twins(); }

  // How well the strongest of them works on another model; nothing where there are none.
  std::optional<Rate> success(const Classifier& model) const;

  // What was found, put to the purified model, and what is found there anew.
  EstimatedAsr after(const Model& purified, Progress& progress);

 private:
  Classifier classifier(const Model& model) const;
  EpurRecord rows_of(const Model& model) const;

  const ModelPair& pair_;
  c10::Device device_;
  RunOptions run_;
  std::optional<TriggerFinder> finder_;
  AsrEstimate before_;
};

}  // namespace finemix
