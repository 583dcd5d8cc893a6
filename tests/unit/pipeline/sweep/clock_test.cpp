#include "pipeline/sweep/clock.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(SweepClock, KnowsNothingBeforeTheFirstUnit) {
  SweepClock clock;
  clock.expect(10);
  EXPECT_LT(clock.time_left(), 0);
}

TEST(SweepClock, WeighsWhatUnitsCost) {
  SweepClock clock;
  clock.expect(10);
  clock.expect(40);
  clock.done(10, 2);
  EXPECT_DOUBLE_EQ(clock.time_left(), 8);
  clock.done(40, 18);
  EXPECT_DOUBLE_EQ(clock.time_left(), 0);
}

}  // namespace
}  // namespace finemix
