#pragma once

#include "finemix/io/json.h"
#include "finemix/io/manifest.h"

namespace finemix {

Json to_json(const Verification& verification);

}  // namespace finemix
