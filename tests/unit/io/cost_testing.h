#pragma once

#include <gtest/gtest.h>
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

namespace finemix::testing {

// Seconds that this thread has had of a processor: what others take of the machine is not in it.
inline double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Of two pieces of work the large one takes less processor time than `times` the small one's and
// `slack` seconds. Both are run in turn until it does, ten times at most, and the least time of
// each counts: a busy machine slows some of the runs, too steep a growth all of them.
template <typename Small, typename Large>
void expect_growth_below(double times, double slack, const Small& small, const Large& large) {
  const auto seconds_of = [](const auto& work) {
    const double start = processor_seconds();
    work();
    return processor_seconds() - start;
  };
  double first = seconds_of(small);
  double second = seconds_of(large);
  for (int run = 1; run < 10 && second >= times * first + slack; ++run) {
    first = std::min(first, seconds_of(small));
    second = std::min(second, seconds_of(large));
  }
  EXPECT_LT(second, times * first + slack) << "the small one took " << first << " s";
}

// What this process holds at most, in bytes, since `forget_peak_memory`. Linux only.
inline std::uint64_t peak_memory() {
  std::ifstream file("/proc/self/status");
  std::string word;
  while (file >> word && word != "VmHWM:") {
  }
  std::uint64_t kilobytes = 0;
  file >> kilobytes;
  return kilobytes << 10;
}
inline bool forget_peak_memory() {
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

// Processor time of this thread, and the memory of this process above what it held before.
struct Cost {
  double seconds = 0;
  std::uint64_t bytes = 0;
};

// Of `work`, which must not throw.
template <typename Work>
Cost cost_of(const Work& work) {
  malloc_trim(0);  // what was freed before is still this process's, and would be used again
  EXPECT_TRUE(forget_peak_memory()) << "memory can't be measured here";
  const std::uint64_t memory = peak_memory();
  const double start = processor_seconds();
  work();
  const double seconds = processor_seconds() - start;
  // The system counts a few pages late, so the peak may seem to be below what was held before.
  const std::uint64_t peak = peak_memory();
  return {seconds, peak > memory ? peak - memory : 0};
}

}  // namespace finemix::testing
