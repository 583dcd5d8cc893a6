#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "finemix/pipeline/purify.h"
#include "inputs.h"

namespace finemix {

// What the mixed weights are trained on: the labelled clean examples themselves, or, with
// fine-mixing-distill, many more texts that the suspect labels. Those are ordinary texts, so they
// show the suspect's behaviour on clean input without its trigger.
class StepThree {
 public:
  // `excluded`: word pieces that no made text may contain, since their embeddings are suspicious.
  // `pair` and `tokenizer` must outlive this. Reads the unlabelled texts where there are any.
  StepThree(const PurifyOptions& options, const ModelPair& pair, c10::Device device, bool pairs,
            std::vector<std::int64_t> excluded);

  // The training set that the labelled `clean` examples lead to, with `share` of the texts that are
  // asked for: searches make do with fewer.
  TrainingSet operator()(const TrainingSet& clean, double share, Progress& progress) const;

 private:
  const PurifyOptions& options_;
  const ModelPair& pair_;
  std::vector<std::int64_t> excluded_;
  std::vector<Encoding> unlabelled_;
  std::optional<Classifier> teacher_;  // only of fine-mixing-distill
};

}  // namespace finemix
