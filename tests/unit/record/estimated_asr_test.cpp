#include "finemix/record/estimated_asr.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(EstimatedAsr, AfterIsTheWorseOfTheTwo) {
  EstimatedAsr estimated;
  EXPECT_FALSE(after(estimated).asr);
  estimated.remeasured.asr = wilson_rate(1, 10);
  EXPECT_EQ(after(estimated).asr->value, 0.1);
  estimated.fresh.asr = wilson_rate(2, 10);
  EXPECT_EQ(after(estimated).asr->value, 0.2);
  estimated.remeasured.asr = wilson_rate(3, 10);
  EXPECT_EQ(after(estimated).asr->value, 0.3);
}

TEST(EstimatedAsr, AfterKnowsWhatTheFreshSearchLeftOut) {
  EstimatedAsr estimated;
  estimated.remeasured.asr = wilson_rate(1, 10);
  estimated.fresh.unsearched_labels = {1};
  EXPECT_EQ(after(estimated).asr->value, 0.1);
  EXPECT_EQ(after(estimated).unsearched_labels, std::vector<std::int64_t>{1});
}

}  // namespace
}  // namespace finemix
