#include "finemix/record/mcnemar.h"

#include <gtest/gtest.h>

#include <vector>

namespace finemix {
namespace {

// scipy 1.16, scipy.stats.binomtest(min(b, c), b + c).pvalue.
TEST(McNemar, GivesThePValuesOfAnotherImplementation) {
  struct Known {
    std::uint64_t before_only, after_only;
    double p_value;
  };
  for (const Known& known : std::vector<Known>{{0, 6, 0.03125},
                                               {5, 15, 0.04138946533203125},
                                               {10, 25, 0.016673847800120715},
                                               {6, 23, 0.002315700054168701},
                                               {121, 59, 4.4344492637551645e-06},
                                               {500, 400, 0.0009564441369189373},
                                               {100000, 101000, 0.02586239243973295}}) {
    const McNemarRecord record = mcnemar(known.before_only, known.after_only);
    EXPECT_NEAR(record.p_value / known.p_value, 1, 1e-8)
        << known.before_only << " " << known.after_only;
    EXPECT_EQ(record.before_only, known.before_only);
    EXPECT_EQ(record.after_only, known.after_only);
    EXPECT_EQ(mcnemar(known.after_only, known.before_only).p_value, record.p_value);
  }
}

TEST(McNemar, SeesNoDifferenceWhereThereIsNone) {
  EXPECT_EQ(mcnemar(0, 0).p_value, 1);
  EXPECT_EQ(mcnemar(7, 7).p_value, 1);
  EXPECT_EQ(mcnemar(0, 1).p_value, 1);
  EXPECT_EQ(mcnemar(3, 4).p_value, 1);
}

TEST(McNemar, IsCertainOfAGreatDifference) {
  EXPECT_EQ(mcnemar(0, 100000).p_value, 0);
  EXPECT_LT(mcnemar(1000000, 1100000).p_value, 1e-300);
}

}  // namespace
}  // namespace finemix
