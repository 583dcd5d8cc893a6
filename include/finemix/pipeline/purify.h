#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/pipeline/mitigations.h"
#include "finemix/pipeline/stages.h"
#include "finemix/record/purify_record.h"
#include "finemix/train/distillation.h"

namespace finemix {

inline constexpr double kAutoAccDrop = 2.0;  // points of clean accuracy

struct PurifyOptions {
  std::string pretrained;
  std::string backdoored;
  PairChecks checks;
  std::string clean_data;       // labelled; empty: purify from unlabelled_data alone
  std::int64_t clean_size = 0;  // draw this many clean examples, balanced over labels; 0: all
  std::string test_data;        // to evaluate on; without it accuracy is not to be had
  std::string reference;        // a clean model of the task, whose rate is the attack's floor
  std::string output;           // must not exist unless run.overwrite
  std::vector<double> rho_grid = {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  // What the purified model has to keep. The bound of the drop is also what `auto` may give up;
  // without one that is kAutoAccDrop.
  GateBounds gates;
  bool keep_failed = false;             // write a model that does not keep them all the same
  std::string method;                   // set_method sets this, and the two that it brings:
  std::string rho;                      // a number in [0, 1], or "auto"; 1 where there is none
  TrainOptions training;                // of step 3
  Select select = Select::kSmallDelta;  // of fine-mixing-sel
  std::string head = "keep";
  bool no_epur = false;
  FrequencyOptions frequency;
  EpurOptions epur;
  DistillationOptions distillation;  // of distillation …
  std::string unlabelled_data;       // … from these texts; empty: texts made from clean_data
  ProbeOptions probe;
  bool no_estimate = false;  // of attack success where `probe` knows no attack, nor of each ratio
  ResumeOptions resume;
  RunOptions run;

  PurifyOptions() { set_method(kDistillation); }
  // Chooses a method with its reserve ratio and training. Throws kUsage when there is none of this
  // name.
  void set_method(std::string_view name);
};

// E-PUR, the method's weights, training, evaluation before and after, in this order, and the
// purified model written to `output` beside report.json and report.html, unless it fails a gate.
PurifyRecord run_purify(const PurifyOptions& options, Progress& progress);

// The same on inputs that a sweep's runs share, which may not be read for other files than
// `options` name (PurifyInputs says what runs may differ in). The record is what the run alone
// would give, but for `seconds`: what an earlier run has done takes none. Without an `output`
// nothing is written.
class PurifyInputs;
PurifyRecord run_purify(const PurifyInputs& inputs, const PurifyOptions& options,
                        Progress& progress);

// The same, in memory.
struct Purified {
  PurifyRecord record;
  Model model;
};
Purified purify(const PurifyInputs& inputs, PurifyOptions options, Progress& progress);

}  // namespace finemix
