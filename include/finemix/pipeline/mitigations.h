#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/train/trainer.h"

namespace finemix {

// The ways to take a backdoor out. Each starts from the suspect after E-PUR, where that is asked
// for.
inline constexpr const char* kNone = "none";
inline constexpr const char* kFineTuning = "fine-tuning";
inline constexpr const char* kFinePruning = "fine-pruning";
inline constexpr const char* kFinePruningFrozen = "fine-pruning-frozen";
inline constexpr const char* kFineMixing = "fine-mixing";
inline constexpr const char* kFineMixingSel = "fine-mixing-sel";
inline constexpr const char* kWeightAverage = "weight-average";
inline constexpr const char* kTies = "ties";
inline constexpr const char* kDare = "dare";
inline constexpr const char* kFinePurifying = "fine-purifying";
inline constexpr const char* kDistillation = "distillation";

class Mitigation;
struct MitigationInputs;

struct MitigationMethod {
  std::string_view name;
  std::string_view does;  // a few words for --help
  // The reserve ratio, what is kept of the suspect, unless the user says otherwise: a number in
  // [0, 1], or "auto"; empty for a method that has none.
  std::string_view rho;
  // How it trains unless the user says otherwise; nothing for a method that does not train.
  std::optional<TrainOptions> training;
  // The stage that it begins with, as it is called in a record's `seconds`; empty: there is none.
  std::string_view preparation;
  bool distils = false;  // learns from unlabelled texts

  // Begins a run.
  std::unique_ptr<Mitigation> (*make)(const MitigationInputs& inputs, Progress& progress);
};

// All of them, in the order in which tables list them: the paper's first.
const std::vector<MitigationMethod>& mitigations();
// Throws kUsage, naming those that there are.
const MitigationMethod& find_mitigation(std::string_view name);

}  // namespace finemix
