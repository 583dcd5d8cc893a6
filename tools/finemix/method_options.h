#pragma once

#include "finemix/pipeline/purify.h"
#include "option_table.h"

namespace finemix {

// The mitigation and what is its own: it brings defaults for what is bound after it.
void bind_method(OptionTable& table, PurifyOptions* options);

}  // namespace finemix
