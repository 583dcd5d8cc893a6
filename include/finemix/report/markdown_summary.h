#pragma once

#include <string>

#include "finemix/report/checks.h"

namespace finemix {

// A few lines and tables of Markdown for a pull request: the result first.
std::string markdown(const ScanRecord& record);
std::string markdown(const PurifyRecord& record);
std::string markdown(const EvaluationRecord& record, const std::vector<Gate>& gates,
                     const std::string& model);

}  // namespace finemix
