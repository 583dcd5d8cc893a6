#pragma once

#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

// One row for each cell of a sweep, by RFC 4180; what is not to be had is an empty field. Text that
// a spreadsheet would take for a formula has an apostrophe before it.
std::string csv(const SweepRecord& sweep);

}  // namespace finemix
