#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "cost_testing.h"
#include "finemix/core/random.h"

namespace finemix::testing {

// How many mutants a test makes: `ordinary`, or what FINEMIX_MUTANTS says (the long run).
inline std::uint64_t mutant_count(std::uint64_t ordinary) {
  const char* const given = std::getenv("FINEMIX_MUTANTS");
  return given == nullptr ? ordinary : std::stoull(given);
}

// Of all mutants, those that are to be accepted at least and at most: were it hardly any or nearly
// all, they would test nothing.
struct Shares {
  double least;
  double most;
};

// How often a part of a mutant of `bytes` bytes is said again, at most 10,000 times and so that it
// stays below a megabyte: what a little of a file costs is only seen where there is much of it.
inline std::uint64_t times_again(RandomSequence& random, std::uint64_t bytes) {
  constexpr std::uint64_t kMaxTimes = 10'000, kMaxBytes = 1'000'000;
  const std::uint64_t most = std::min(kMaxTimes, kMaxBytes / std::max<std::uint64_t>(bytes, 1));
  return random.below(1 + (most >> random.below(14)));
}

// Has `accepts` make and read the mutants of the seeds below `count`; it tells whether one is
// accepted. Expects of each that it takes a second at most, and 64 MB of memory (mutants themselves
// are a few KB). Stops at the first that fails.
template <typename Accepts>
void expect_accepted_or_refused(std::uint64_t count, Shares shares, const Accepts& accepts) {
  constexpr double kMaxSeconds = 1;
  constexpr std::uint64_t kMaxBytes = 64 << 20;
  std::uint64_t accepted = 0;
  Cost most;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    SCOPED_TRACE(seed);
    const Cost cost = cost_of([&] { accepted += accepts(seed); });
    EXPECT_LE(cost.seconds, kMaxSeconds);
    EXPECT_LE(cost.bytes, kMaxBytes);
    if (::testing::Test::HasFailure()) return;
    most = {std::max(most.seconds, cost.seconds), std::max(most.bytes, cost.bytes)};
  }
  ::testing::Test::RecordProperty("accepted", std::to_string(accepted));
  ::testing::Test::RecordProperty("most_seconds", std::to_string(most.seconds));
  ::testing::Test::RecordProperty("most_bytes", std::to_string(most.bytes));
  EXPECT_GT(static_cast<double>(accepted), shares.least * static_cast<double>(count));
  EXPECT_LT(static_cast<double>(accepted), shares.most * static_cast<double>(count));
}

}  // namespace finemix::testing
