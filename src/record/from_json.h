#pragma once

#include <optional>
#include <string_view>

#include "finemix/record/figures.h"
#include "finemix/record/records.h"
#include "record/fields.h"

namespace finemix {

// Read what to_json of the same record wrote, of an evaluation and an attack less its times; a
// training's are read where they are there.

Rate read_rate(Fields fields);
std::optional<Rate> read_rate_or_null(Fields& parent, std::string_view key);
EvaluationRecord read_evaluation(Fields fields);
TrainRecord read_training(Fields fields);
AttackRecord read_attack(Fields fields);
EpurRow read_epur_row(Fields fields);
InputRecord read_input(Fields fields);
EpurFigure read_epur_figure(Fields fields);
LandscapeRecord read_landscape(Fields fields);

}  // namespace finemix
