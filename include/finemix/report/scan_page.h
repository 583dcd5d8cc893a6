#pragma once

#include <string>

#include "finemix/record/scan_record.h"

namespace finemix {

// One scan as a page: the verdict in a sentence, then what it rests on.
std::string html(const ScanRecord& record);

}  // namespace finemix
