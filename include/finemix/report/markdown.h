#pragma once

#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

// What a sweep found and its tables, in GitHub's Markdown.
std::string markdown(const SweepRecord& sweep);

}  // namespace finemix
