#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "finemix/pipeline/mitigations.h"
#include "finemix/pipeline/purify_inputs.h"
#include "pipeline/pair.h"

namespace finemix {

// What a run of any method works on; all of it outlives the run, and is for reading.
struct MitigationInputs {
  const PurifyOptions& options;
  const ModelPair& pair;  // the suspect as E-PUR left it
  c10::Device device;
  const CleanExamples& clean;
  const EncodedTexts& unlabelled;               // none when there is no such file
  const std::vector<std::int64_t>& reset_rows;  // of the word embeddings, by E-PUR
  // That convict the suspect; searched for where the method unlearns them.
  const std::vector<SuspectedTrigger>& triggers;
  // The suspect's clean twins; none where no triggers were searched for.
  std::span<const Classifier> twins;
};

// Weights to train, or to take as they are. Tensors may be those of the inputs: copy what is to be
// changed.
struct StartWeights {
  StateDict weights;
  std::optional<MixRecord> mix;  // what was kept of the suspect; nothing where all of it is
};

// A method at work on one suspect. What it needs for every reserve ratio is made when it begins, so
// that a search of ρ makes it once.
class Mitigation {
 public:
  virtual ~Mitigation() = default;

  virtual StartWeights start(double rho) const = 0;
  // What these are trained on, from labelled clean examples; `share` of what is made beside them:
  // searches make do with less.
  virtual TrainingSet training_set(const TrainingSet& clean, double share) const;
  // Word pieces that the method took for triggers.
  virtual std::vector<SuspectedTrigger> triggers() const { return {}; }
};

// How methods train on the clean examples alone: 64 of them take 120 steps.
TrainOptions training_on_clean();

}  // namespace finemix
