#pragma once

#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

// A sweep's tables for \input into a document that uses booktabs.
std::string latex(const SweepRecord& sweep);

}  // namespace finemix
