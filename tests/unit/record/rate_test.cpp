#include "finemix/record/rate.h"

#include <gtest/gtest.h>

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

TEST(WilsonRate, RefusesWhatIsNoShare) {
  EXPECT_THROW(wilson_rate(0, 0), Error);
  EXPECT_THROW(wilson_rate(2, 1), Error);
}

}  // namespace
}  // namespace finemix
