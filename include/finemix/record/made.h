#pragma once

#include <cstdint>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/record/records.h"
#include "finemix/record/run_request.h"

namespace finemix {

// How an output came to be, as its manifest keeps it: the version of finemix, the command and its
// effective configuration, the seed, and the inputs with their hashes.
Json made_by(const RunRequest& request, std::uint64_t seed, const std::vector<InputRecord>& inputs);

}  // namespace finemix
