#pragma once

#include <string>
#include <vector>

#include "finemix/report/aggregate.h"

namespace finemix {

// What a task's comparison found, one sentence each, the most important first: the best method by
// the rule of standings(), where Fine-mixing with E-PUR stands, and what is left. Names in them are
// as in the record, so that whoever shows the sentences has to escape them.
std::vector<std::string> findings(const std::vector<Standing>& standings);

}  // namespace finemix
