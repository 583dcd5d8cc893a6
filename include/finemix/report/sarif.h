#pragma once

#include "finemix/io/json.h"
#include "finemix/report/checks.h"

namespace finemix {

// SARIF 2.1.0: a rule for each check that can fail, a result for each that did or stands out. What
// a result lies in is the model's config.json, since code hosts ask for a file.
Json sarif(const Checks& checks);

}  // namespace finemix
