#pragma once

#include <string>
#include <vector>

#include "finemix/record/run_request.h"

namespace finemix {

// The command as it was given, its words quoted for a shell, with its effective configuration.
RunRequest request_of(const std::vector<std::string>& words, Json config);

// The same of a grid: without what its results do not depend on, so that its record is the same
// bytes wherever and in however many pieces it was run. Any output may stand in for --output.
RunRequest grid_request_of(const std::vector<std::string>& words, Json config);

}  // namespace finemix
