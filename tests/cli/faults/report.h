#pragma once

#include <cstdint>

namespace finemix {

// What the preloaded library tells the test, in a file that both have mapped: it outlives a kill.
struct FaultReport {
  std::int64_t calls;   // that changed something below the directory, so far
  std::int64_t struck;  // when the fault befell one, in nanoseconds of CLOCK_MONOTONIC; 0: not yet
  char call[24];        // its name,
  char path[488];       // and what it was about
};

}  // namespace finemix
