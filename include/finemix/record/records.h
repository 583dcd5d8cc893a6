#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/record/rate.h"

namespace finemix {

// What every stage returns beside its weights, and all that a report reads. to_json gives the names
// of the published schemas; a figure that is not to be had is null there, never invented.

// The accuracy on the texts of one true label.
struct LabelAccuracy {
  std::int64_t label = 0;
  Rate accuracy;
};

struct EvaluationRecord {
  std::optional<Rate> accuracy;             // null when the data has no labels or there is none
  std::optional<Rate> attack_success_rate;  // null when no attack is known
  // The attack success rate less the share of the same texts without the trigger that the model
  // puts into the target label.
  std::optional<double> trigger_effect;
  // Of texts of other labels, the share that only a part of the trigger puts into the target label
  // (Yang et al., ACL 2021); null unless the attack has texts with such parts.
  std::optional<Rate> false_trigger_rate;
  std::vector<LabelAccuracy> label_accuracy;  // labels ascend; empty as accuracy is null
  // The attack success rate of a clean model on the same texts, which it misreads; null where none
  // was given.
  std::optional<Rate> floor;
  std::optional<Rate> false_trigger_floor;  // the same of its false-trigger rate
  double seconds = 0;
};

// The accuracy on the texts of one label; null where there are none.
std::optional<Rate> accuracy_of_label(const EvaluationRecord& record, std::int64_t label);

// Gives `record` the rates of a clean model, evaluated as `reference` on the same texts.
void set_floors(EvaluationRecord& record, const EvaluationRecord& reference);

struct EpurRow {
  std::string token;
  std::int64_t id = 0;
  double score = 0;       // ‖δ‖₂ / log max(frequency, 20)
  double delta_norm = 0;  // ‖δ‖₂
  std::uint64_t frequency = 0;
  bool reset = false;  // the row got its pre-trained embedding back
};

struct EpurRecord {
  std::vector<EpurRow> rows;      // highest score first: all, or what a record kept of them
  std::uint64_t row_count = 0;    // of the vocabulary
  std::string rule;               // "top-k" or "threshold"
  std::uint64_t reset_count = 0;  // rows that were reset
  std::uint64_t clamped = 0;      // rows whose frequency is below 20
  double seconds = 0;
};

struct MixTensorRecord {
  std::string name;
  std::uint64_t kept = 0;
  std::uint64_t total = 0;
};

struct MixRecord {
  double rho = 0;
  std::string select;      // what was kept: "random", "small-delta", "activity", …
  std::uint64_t kept = 0;  // weights that are the suspect's, or that it has a part in
  std::uint64_t total = 0;
  std::vector<MixTensorRecord> tensors;
  std::vector<std::string> kept_whole;  // no pre-trained twin: the classifier head, …
  double seconds = 0;
};

// How a model does on held-out labelled texts.
struct HeldOutRecord {
  Rate accuracy;
  double loss = 0;  // mean cross-entropy
};

struct TrainRecord {
  std::string precision;  // of matrix products: fp32 or bf16
  std::uint64_t steps = 0;
  double loss = 0;  // mean over the last epoch
  std::vector<double> epoch_losses;
  std::optional<HeldOutRecord> validation;  // of the weights that were kept
  std::uint64_t best_step = 0;              // the step whose weights were kept
  double examples_per_second = 0;
  double seconds = 0;
};

struct AttackRecord {
  std::string kind;
  std::vector<std::string> triggers;
  std::int64_t target_label = 0;
  double poison_rate = 0;
  std::uint64_t poisoned_examples = 0;
  std::uint64_t clean_examples = 0;
  std::optional<TrainRecord> training;  // absent with --data-only
  double seconds = 0;
};

struct InputRecord {
  std::string name;    // "pretrained", "backdoored", "clean_data", …
  std::string path;    // as given
  std::string sha256;  // of the file, or over the files of the directory
};

Json to_json(const Rate& rate);
Json to_json(const LabelAccuracy& each);
Json to_json(const EvaluationRecord& record);
Json to_json(const HeldOutRecord& record);
Json to_json(const EpurRow& row);
Json to_json(const EpurRecord& record);  // "rows", …
Json to_json(const MixRecord& record);
Json to_json(const TrainRecord& record);
Json to_json(const AttackRecord& record);
Json to_json(const InputRecord& record);
}  // namespace finemix
