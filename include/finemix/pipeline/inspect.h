#pragma once

#include <string>

#include "finemix/record/inspection.h"

namespace finemix {

// What is in a checkpoint, read as the other verbs read it: family, sizes, files, tokenizer,
// tensors, and what is unusual. A model that finemix cannot run is told of, not refused. Throws
// what Checkpoint::open throws.
InspectionRecord run_inspect(const std::string& location);

}  // namespace finemix
