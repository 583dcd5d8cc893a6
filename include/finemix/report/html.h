#pragma once

#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

// A sweep as one page that needs nothing beside itself: no network, no script. Whatever comes from
// the record is escaped.
std::string html(const SweepRecord& sweep);

}  // namespace finemix
