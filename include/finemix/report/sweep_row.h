#pragma once

#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

// A line for each cell that is done: the table that grows while a sweep runs. Lines of one sweep
// have their columns below each other as far as names fit.
std::string sweep_row_titles();
std::string sweep_row(const CellRecord& record);

}  // namespace finemix
