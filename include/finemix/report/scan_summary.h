#pragma once

#include <string>

#include "finemix/record/scan_record.h"

namespace finemix {

// What a person reads at the end of a scan: the verdict, what it rests on, and what to do now.
std::string summary(const ScanRecord& record, bool color);

}  // namespace finemix
