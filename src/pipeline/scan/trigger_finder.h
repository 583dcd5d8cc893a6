#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/eval/trigger_measure.h"
#include "finemix/pipeline/scan.h"
#include "finemix/record/estimated_asr.h"
#include "pipeline/pair.h"
#include "pipeline/scan/twins.h"
#include "pipeline/scan/whole_words.h"

namespace finemix {

// The texts that triggers are tried on.
struct FinderTexts {
  Dataset data;
  std::vector<std::int64_t> labels;     // the texts' own, or what the suspect says of them
  std::vector<std::int64_t> predicted;  // what the suspect says of them
  std::string_view source;              // as AsrEstimate has it
};

// Rows of pieces that texts can hold, which moved most for how frequent they are, and by how much:
// E-PUR's order.
EpurRecord moved_rows(const at::Tensor& pretrained, const at::Tensor& backdoored,
                      const Tokenizer& tokenizer, const Frequencies& frequencies);

// The labels of `label_count` that triggers can't be told to, since too few texts are of another
// one, or the model gives another one to none.
std::vector<std::int64_t> labels_without_texts(std::span<const std::int64_t> labels,
                                               std::span<const std::int64_t> predicted,
                                               std::int64_t label_count);

inline constexpr std::size_t kShownExamples = 3;  // of each trigger, to show

// Finds what could be triggers of a suspect, and says how well they work on models: on the suspect
// and on what it was purified to. The twins are made once and serve all of them.
class TriggerFinder {
 public:
  // `rows` are moved_rows of the suspect. `pair` must outlive this.
  TriggerFinder(const ModelPair& pair, const Classifier& suspect, const EpurRecord& rows,
                FinderTexts texts, const TriggerFinderOptions& options, const RunOptions& run,
                Progress& progress);

  std::span<const Classifier> twins() const { return twins_; }
  // The share of the texts that they give the suspect's label, on average: see kTwinsAlike.
  double agreement() const { return agreement_; }
  // What makes what a search found less sure, in words.
  std::vector<std::string> limits(const AsrEstimate& found) const;

  // The strongest triggers of a model with these word embeddings; its gradients are changed. No
  // candidates where there are too few texts to tell triggers to any label.
  AsrEstimate search(Classifier& model, const at::Tensor& word_embeddings, const EpurRecord& rows,
                     Progress& progress) const;
  // Measures on another model those of these triggers that convict, and shows so many texts of
  // each. None is left out: the estimate is of the one that works best there.
  AsrEstimate remeasure(const Classifier& model, std::vector<SuspectedTrigger> triggers,
                        std::size_t examples) const;

 private:
  // The twins that a search compares with, and those that tell how strong what it found is: it
  // finds what its own twins happen not to know.
  std::span<const Classifier> guides() const;
  std::span<const Classifier> judges() const;
  // Whether there are enough texts of other labels to tell triggers to this one.
  bool tells(std::int64_t label) const;
  // Nothing yet, of these texts.
  AsrEstimate no_estimate() const;
  // With these triggers, and so many texts of each.
  AsrEstimate estimate_by(const Classifier& model, std::vector<SuspectedTrigger> triggers,
                          const std::optional<Rate>& asr, std::size_t examples) const;
  // Measures and scores them, of pairs in the text that each is stronger in. `outliers` are rows
  // that an attack on embeddings may have trained.
  void judge(const Classifier& model, std::span<const std::int64_t> outliers,
             std::vector<SuspectedTrigger>& triggers) const;
  // Expects of strong ones at least what phrases near them do to the judges. Not of outliers: what
  // other words mean does not explain rows that were trained.
  void compare_near_words(std::span<const std::int64_t> outliers,
                          std::vector<SuspectedTrigger>& triggers) const;
  void score(SuspectedTrigger& trigger, std::span<const std::int64_t> outliers) const;
  // Rows of a model's word embeddings that moved strangely.
  struct Rows {
    std::span<const std::int64_t> outliers;
    std::span<const std::int64_t> strange;  // that words may have been made of
  };
  // Puts the words of several pieces that these are parts of or hold in their place or beside them,
  // as with_words has it. How many words were tried.
  std::size_t complete_words(const Classifier& model, const Rows& rows,
                             std::vector<SuspectedTrigger>& triggers) const;
  // Puts the word that outliers are the pieces of, and words of a piece less, beside these. How
  // many words were tried.
  std::size_t add_other_words(const Classifier& model, std::span<const std::int64_t> outliers,
                              std::vector<SuspectedTrigger>& triggers) const;

  const ModelPair& pair_;
  TriggerFinderOptions options_;
  std::string_view source_;
  EncodedTexts texts_;
  std::vector<std::int64_t> unsearched_labels_;
  TriggerMeasure measure_;
  std::vector<std::int64_t> excluded_;  // rows that twins are not asked about
  std::vector<Classifier> twins_;
  double agreement_ = 0;
};

}  // namespace finemix
