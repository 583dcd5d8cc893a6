#include "finemix/model/nearest_rows.h"

#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace finemix {
namespace {

using Ids = std::vector<std::int32_t>;

// Rows 0 and 1 are of no group, 2 … 39 of the first, 40 … 59 of the second.
class NearestRowsTest : public ::testing::Test {
 protected:
  NearestRowsTest() : groups_(kRows, 1) {
    groups_[0] = groups_[1] = 0;
    std::fill(groups_.begin() + 40, groups_.end(), std::uint8_t{2});
  }
  Ids near(std::int32_t row, std::vector<std::int64_t> excluded, std::int64_t count) const {
    return nearest_rows(Ids{row}, embeddings_, groups_, excluded, count)[row];
  }

  static constexpr std::int64_t kRows = 60;
  at::Tensor embeddings_ = at::randn({kRows, 16});
  std::vector<std::uint8_t> groups_;
};

TEST_F(NearestRowsTest, TheNearestDirectionIsFirstWhateverItsLength) {
  embeddings_[7] = embeddings_[5] * 9;
  EXPECT_EQ(near(5, {}, 1), Ids{7});
  EXPECT_EQ(near(5, {}, 3).size(), 3u);
  EXPECT_EQ(near(5, {}, 3).front(), 7);
}

TEST_F(NearestRowsTest, NeverItselfAnExcludedOneOrOneOfAnotherGroup) {
  for (const std::int64_t row : {0, 7, 45}) embeddings_[row] = embeddings_[5] * 9;
  Ids all = near(5, {7}, 1000);
  std::ranges::sort(all);
  Ids expected;
  for (std::int32_t row = 2; row < 40; ++row) {
    if (row != 5 && row != 7) expected.push_back(row);
  }
  EXPECT_EQ(all, expected);
  EXPECT_EQ(near(45, {}, 1000).size(), 19u);
}

TEST_F(NearestRowsTest, OfNoGroupIsNearNothing) { EXPECT_TRUE(near(1, {}, 5).empty()); }

}  // namespace
}  // namespace finemix
