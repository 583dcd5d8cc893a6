#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "finemix/attack/attack.h"
#include "finemix/core/progress.h"
#include "finemix/defense/epur.h"
#include "finemix/defense/mix.h"
#include "finemix/record/records.h"
#include "finemix/record/run_request.h"
#include "finemix/train/trainer.h"

namespace finemix {

// What every verb that runs a model takes.
struct RunOptions {
  std::string device = "auto";
  std::string precision = "auto";
  std::int64_t threads = 0;
  std::uint64_t seed = 0;
  std::size_t max_length = 128;
  bool overwrite = false;  // of an existing output
  RunRequest request;      // for the record
};

// Which attack to measure, if any is known; at most one of the first four is given.
struct ProbeOptions {
  std::vector<std::string> triggers;  // words
  std::string trigger_sentence;
  std::string poisoned_data;  // a file of poisoned texts with their original labels
  std::string attack;         // attack.json, or the directory that has it; brings the target label
  std::optional<std::int64_t> target_label;
  std::optional<std::uint64_t> seed;  // of where a trigger is put; else the run's

  // The label of an attack that does not bring its own.
  std::int64_t target() const { return target_label.value_or(1); }

  bool known() const {
    return !triggers.empty() || !trigger_sentence.empty() || !poisoned_data.empty() ||
           !attack.empty();
  }
};

// How a training that takes long survives being stopped.
struct ResumeOptions {
  bool resume = false;          // go on with what a stopped run has left beside the output
  double save_seconds = 300.0;  // between two states that are kept
};

// How strictly a suspect and its pre-trained model are checked to belong together.
struct PairChecks {
  bool force = false;                     // mix even what can't have been made from one another
  std::string vocab_mismatch = "refuse";  // or "shared-rows": only the rows of common tokens
};

// Each of these is one verb from its files to its files. All throw finemix::Error; none prints. An
// `output` that is empty is not written.

struct TrainVerbOptions {
  std::string pretrained;
  std::string data;
  std::string validation;
  std::string output;
  TrainOptions training;
  ResumeOptions resume;
  RunOptions run;
};
TrainRecord run_train(const TrainVerbOptions& options, Progress& progress);

struct EvalVerbOptions {
  std::string model;
  std::string data;
  std::string predictions;  // JSON lines to write
  std::string reference;    // a clean model of the task, whose rate is the attack's floor
  ProbeOptions probe;
  RunOptions run;
};
EvaluationRecord run_eval(const EvalVerbOptions& options, Progress& progress);

struct AttackVerbOptions {
  // What to start from: one of them, neither with data_only, for `adaptive` both or `pretrained`.
  std::string pretrained;
  std::string model;  // fine-tuned
  std::string data;
  std::string test_data;      // to measure by: what `output` gets the trigger put into
  std::string poisoned_data;  // of `syntactic` and `style`: the texts that carry the trigger …
  std::string poisoned_test;  // … and the test texts that do
  std::string output;         // a directory, or with data_only a data file
  bool data_only = false;
  AttackOptions attack;
  RunOptions run;
};
AttackRecord run_attack(const AttackVerbOptions& options, Progress& progress);

// Where word piece frequencies come from, if not from the clean data.
struct FrequencyOptions {
  std::string word_counts;  // token<TAB>count
  std::string count_text;   // any text

  bool given() const { return !word_counts.empty() || !count_text.empty(); }
};

struct EpurVerbOptions {
  std::string pretrained;
  std::string backdoored;
  std::string output;
  PairChecks checks;
  FrequencyOptions frequency;
  EpurOptions epur;
  std::uint64_t max_memory = 0;  // bytes of this process; 0: no limit
  RunOptions run;
};
EpurRecord run_epur(const EpurVerbOptions& options, Progress& progress);

struct MixVerbOptions {
  std::string pretrained;
  std::string backdoored;
  std::string output;
  std::string head = "keep";  // or "reinit"
  PairChecks checks;
  MixOptions mix;
  std::uint64_t max_memory = 0;  // as of EpurVerbOptions
  RunOptions run;
};
MixRecord run_mix(const MixVerbOptions& options, Progress& progress);

struct TokenizeVerbOptions {
  std::string model;
  std::string data;
  RunOptions run;
};
// Calls `line` with the ids of each row, in order.
void run_tokenize(const TokenizeVerbOptions& options,
                  const std::function<void(std::span<const std::int32_t>)>& line);

}  // namespace finemix
