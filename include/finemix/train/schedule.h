#pragma once

#include <cstdint>

namespace finemix {

// Linear warm-up from 0 over `warmup` steps, then linear decay to 0 at `total`: the factor of the
// learning rate in step `step` (from 0), as transformers' linear schedule has it.
double linear_schedule(std::int64_t step, std::int64_t warmup, std::int64_t total);

}  // namespace finemix
