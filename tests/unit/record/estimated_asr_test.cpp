#include "finemix/record/estimated_asr.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(EstimatedAsr, AfterIsTheWorseOfTheTwo) {
  EstimatedAsr estimated;
  EXPECT_EQ(&after(estimated), &estimated.fresh);
  estimated.remeasured.asr = wilson_rate(1, 10);
  EXPECT_EQ(&after(estimated), &estimated.remeasured);
  estimated.fresh.asr = wilson_rate(2, 10);
  EXPECT_EQ(&after(estimated), &estimated.fresh);
  estimated.remeasured.asr = wilson_rate(3, 10);
  EXPECT_EQ(&after(estimated), &estimated.remeasured);
}

}  // namespace
}  // namespace finemix
