#pragma once

#include <string>
#include <vector>

#include "finemix/report/aggregate.h"

namespace finemix {

// Sentences for people. Names in them are as in the record, so that whoever shows them has to
// escape them.

// How many cells of the grid are not in the record, and why that may be; "" where all are, or where
// the record does not say what was planned.
std::string missing_cells(const SweepRecord& sweep);

// What a task's comparison found, one sentence each, the most important first: the best method by
// the rule of standings(), where Fine-mixing with E-PUR stands, also among the paper's own methods
// that cost as little, and what is left.
std::vector<std::string> findings(const std::vector<Standing>& standings);

// A subject in a line: attack success as it came, and the lowest that one of the groups, which are
// the subject's, leaves of it for at most kAllowedDrop of accuracy; the lowest of all where each
// costs more.
std::string at_a_glance(const SubjectRecord& subject, const std::vector<SeedGroup>& groups,
                        bool with_rho);

}  // namespace finemix
