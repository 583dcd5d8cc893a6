#pragma once

#include <time.h>

namespace finemix::testing {

// Seconds that this thread has had of a processor: what others take of the machine is not in it.
inline double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace finemix::testing
