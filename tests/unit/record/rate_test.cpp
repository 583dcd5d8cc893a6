#include "finemix/record/rate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {
namespace {

// R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
// Medicine 17 (1998), table I, method 3.
TEST(WilsonRate, GivesPublishedIntervals) {
  struct Known {
    std::uint64_t correct, total;
    double low, high;
  };
  for (const Known& known : std::vector<Known>{{81, 263, 0.2553, 0.3662},
                                               {15, 148, 0.0624, 0.1605},
                                               {0, 20, 0.0, 0.1611},
                                               {1, 29, 0.0061, 0.1718}}) {
    const Rate rate = wilson_rate(known.correct, known.total);
    EXPECT_NEAR(rate.low, known.low, 5e-5) << known.correct << "/" << known.total;
    EXPECT_NEAR(rate.high, known.high, 5e-5) << known.correct << "/" << known.total;
    EXPECT_EQ(rate.correct, known.correct);
    EXPECT_EQ(rate.total, known.total);
    EXPECT_DOUBLE_EQ(rate.value,
                     static_cast<double>(known.correct) / static_cast<double>(known.total));
  }
}

TEST(WilsonRate, TouchesTheEndsExactly) {
  EXPECT_EQ(wilson_rate(0, 7).low, 0.0);
  EXPECT_GT(wilson_rate(0, 7).high, 0.0);
  EXPECT_EQ(wilson_rate(7, 7).high, 1.0);
  EXPECT_LT(wilson_rate(7, 7).low, 1.0);
}

TEST(WilsonRate, IsSymmetric) {
  const Rate rate = wilson_rate(3, 50);
  const Rate rest = wilson_rate(47, 50);
  EXPECT_NEAR(rate.low, 1 - rest.high, 1e-12);
  EXPECT_NEAR(rate.high, 1 - rest.low, 1e-12);
}

TEST(WilsonRate, HoldsItsValueForEveryShare) {
  for (std::uint64_t total = 1; total <= 60; ++total) {
    for (std::uint64_t correct = 0; correct <= total; ++correct) {
      const Rate rate = wilson_rate(correct, total);
      EXPECT_LE(0.0, rate.low);
      EXPECT_LE(rate.low, rate.value);
      EXPECT_LE(rate.value, rate.high);
      EXPECT_LE(rate.high, 1.0);
    }
  }
}

TEST(WilsonRateOfLargest, OfOneIsTheRateItself) {
  for (const std::uint64_t correct : {0u, 1u, 20u, 39u, 40u}) {
    const Rate one = wilson_rate_of_largest(correct, 40, 1);
    const Rate rate = wilson_rate(correct, 40);
    EXPECT_NEAR(one.low, rate.low, 1e-7);
    EXPECT_NEAR(one.high, rate.high, 1e-7);
    EXPECT_EQ(one.value, rate.value);
    EXPECT_EQ(one.correct, correct);
    EXPECT_EQ(one.total, 40u);
  }
}

TEST(WilsonRateOfLargest, IsLessSureTheMoreWereCompared) {
  Rate before = wilson_rate(30, 40);
  for (const std::uint64_t comparisons : {2u, 10u, 1000u, 1000000u}) {
    const Rate rate = wilson_rate_of_largest(30, 40, comparisons);
    EXPECT_LT(rate.low, before.low) << comparisons;
    EXPECT_GT(rate.high, before.high) << comparisons;
    EXPECT_EQ(rate.value, 0.75);
    before = rate;
  }
  EXPECT_GT(before.low, 0);
  EXPECT_LT(before.high, 1);
}

// The ends are where a test of the share against the rate just rejects it (Wilson's own
// derivation): |share − end| = z √(end (1 − end) / total), z from tables of the normal
// distribution.
TEST(WilsonRateOfLargest, EndsWhereTheTestRejects) {
  struct Known {
    std::uint64_t comparisons;
    double z;  // the 1 − 0.025 / comparisons point
  };
  for (const Known& known : std::vector<Known>{{5, 2.575829}, {10, 2.807034}, {50, 3.290527}}) {
    for (const std::uint64_t correct : {3u, 20u, 31u}) {
      const Rate rate = wilson_rate_of_largest(correct, 32, known.comparisons);
      for (const double end : {rate.low, rate.high}) {
        EXPECT_NEAR(std::abs(rate.value - end), known.z * std::sqrt(end * (1 - end) / 32), 1e-6)
            << known.comparisons << ", " << correct;
      }
    }
  }
}

TEST(WilsonRate, RefusesWhatIsNoShare) {
  EXPECT_THROW(wilson_rate(0, 0), Error);
  EXPECT_THROW(wilson_rate(2, 1), Error);
  EXPECT_THROW(wilson_rate_of_largest(0, 0, 3), Error);
  EXPECT_THROW(wilson_rate_of_largest(2, 1, 3), Error);
}

}  // namespace
}  // namespace finemix
