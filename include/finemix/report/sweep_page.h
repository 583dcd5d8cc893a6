#pragma once

#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

// A sweep as a page: findings, tables and figures.
std::string html(const SweepRecord& sweep);

}  // namespace finemix
