#pragma once

#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

// A sweep on a terminal of 100 columns: for each task what was found, the methods over all attacks,
// and each attack.
std::string summary(const SweepRecord& sweep, bool color);

}  // namespace finemix
