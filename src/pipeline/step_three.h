#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "finemix/pipeline/purify.h"
#include "inputs.h"

namespace finemix {

// What the mixed weights are trained on: the labelled clean examples themselves, or, with
// distillation, many more texts that the suspect labels. Those are ordinary texts, so they show the
// suspect's behaviour on clean input without its trigger. Word pieces that by themselves flip the
// suspect's answers are put into some of them, and the answer without them is what is taught.
class StepThree {
 public:
  // `clean`: all clean texts, which the search for triggers uses. `unlabelled`: texts to distil
  // with; without any they are made from the clean ones. `excluded`: word pieces that no made text
  // may contain, since their embeddings are suspicious. `options`, `pair` and
  // `unlabelled` must outlive this.
  StepThree(const PurifyOptions& options, const ModelPair& pair, c10::Device device,
            const EncodedTexts& clean, const EncodedTexts& unlabelled,
            std::vector<std::int64_t> excluded, Progress& progress);

  const std::vector<SuspectedTrigger>& triggers() const { return triggers_; }

  // The training set that the labelled `clean` examples lead to, with `share` of the texts that are
  // asked for: searches make do with fewer.
  TrainingSet operator()(const TrainingSet& clean, double share, Progress& progress) const;

 private:
  const PurifyOptions& options_;
  const ModelPair& pair_;
  const EncodedTexts& unlabelled_;
  std::vector<std::int64_t> excluded_;
  std::optional<Classifier> teacher_;  // only of distillation
  std::vector<SuspectedTrigger> triggers_;
  std::vector<std::int32_t> pieces_;  // of triggers_
};

}  // namespace finemix
