#pragma once

#include <string>

#include "finemix/record/purify_record.h"

namespace finemix {

// One purification as a page: what it cost and removed, and what was done to which weights.
std::string html(const PurifyRecord& record);

}  // namespace finemix
