#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/record/estimated_asr.h"
#include "finemix/record/figures.h"
#include "finemix/record/gate.h"
#include "finemix/record/mcnemar.h"
#include "finemix/record/records.h"
#include "finemix/record/run_request.h"
#include "finemix/record/suspected_trigger.h"
#include "record/fields.h"

namespace finemix {

// Far beyond what a record holds, and few enough to be held in memory and counted.
inline constexpr std::size_t kMostItems = 1'000'000;
inline constexpr std::int64_t kMostLabels = 1'000'000;
inline constexpr std::int64_t kMostTexts = 1'000'000'000'000;
inline constexpr double kMostSeconds = 1e12;

// Read what to_json of the same record wrote, less its times, unless the name says so.

Rate read_rate(Fields fields);
std::optional<Rate> read_rate_or_null(Fields& parent, std::string_view key);
// One whose interval is not Wilson's, since it allows for what was compared to find it.
std::optional<Rate> read_estimate_or_null(Fields& parent, std::string_view key);
EvaluationRecord read_evaluation(Fields fields);
TrainRecord read_training(Fields fields);
TrainRecord read_timed_training(Fields fields);
McNemarRecord read_mcnemar(Fields fields);
AttackRecord read_attack(Fields fields);
// The member "trigger_kind", one of those that an attack can have.
std::string read_trigger_kind(Fields& fields);
EpurRow read_epur_row(Fields fields);
InputRecord read_input(Fields fields);
EpurFigure read_epur_figure(Fields fields);
LandscapeRecord read_landscape(Fields fields);
SuspectedTrigger read_suspected_trigger(Fields fields);
std::vector<SuspectedTrigger> read_suspected_triggers(Fields& parent, std::string_view key);
std::string read_text_source(Fields& parent);
std::vector<std::int64_t> read_unsearched_labels(Fields& parent);
EstimatedAsr read_estimated_asr(Fields fields);
std::vector<Gate> read_gates(Fields& parent, std::string_view key);
// What ends the record of a run: "inputs", "command", "config", "seconds" and "notes".
struct RunEnd {
  std::vector<InputRecord> inputs;
  RunRequest request;
  std::map<std::string, double> seconds;
  std::vector<std::string> notes;
};
RunEnd read_run_end(Fields& fields);

}  // namespace finemix
