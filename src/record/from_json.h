#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "finemix/record/figures.h"
#include "finemix/record/mcnemar.h"
#include "finemix/record/records.h"
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

}  // namespace finemix
