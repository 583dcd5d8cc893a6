#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"
#include "pipeline/pair.h"

namespace finemix {

struct TwinOptions {
  std::size_t texts = 1500;      // that the suspect labels for it, made from the given ones
  std::size_t max_length = 128;  // pieces of a text, at most
  std::uint64_t seed = 0;
};

// The suspect's clean twin: the pre-trained weights under the suspect's head, taught what the
// suspect says of ordinary texts. These hold no trigger but by chance, so it does as the suspect on
// ordinary texts and knows nothing of a backdoor.
class Twin {
 public:
  // Taught by `texts`, and variations of them with frequent words put in, but without the pieces in
  // `excluded`.
  Twin(const ModelPair& pair, const Classifier& suspect, EncodedTexts texts,
       std::vector<std::int64_t> excluded, const TwinOptions& options, Progress& progress);

  const Classifier& model() const { return model_; }

  // Teaches it what the suspect says of texts with words that mean about what these triggers do,
  // and without their own: after that it knows what their sense does to a text, and nothing of what
  // a backdoor makes of the words. Nor do later lessons have these. Returns the pieces that would
  // have been in the lesson but are suspects themselves.
  std::vector<std::int64_t> teach_sense(const Classifier& suspect,
                                        std::span<const SuspectedTrigger> triggers,
                                        Progress& progress);

 private:
  // What the suspect says of these texts, and of those that it was made with.
  void learn(const Classifier& suspect, EncodedTexts texts, Progress& progress);

  const ModelPair& pair_;
  EncodedTexts texts_;
  std::vector<std::int64_t> excluded_;
  TwinOptions options_;
  Classifier model_;
};

}  // namespace finemix
