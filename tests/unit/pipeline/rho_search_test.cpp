#include "pipeline/rho_search.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace finemix {
namespace {

std::vector<RhoPoint> curve() {
  return {{0.5, wilson_rate(88, 100)}, {0.1, wilson_rate(70, 100)}, {0.3, wilson_rate(87, 100)}};
}

TEST(ChooseRho, TheSmallestThatIsGoodEnough) {
  EXPECT_EQ(choose_rho(curve(), 0.87), 0.3);
  EXPECT_EQ(choose_rho(curve(), 0.88), 0.5);
  EXPECT_EQ(choose_rho(curve(), 0.39), 0.1);
}

TEST(ChooseRho, OfThoseTheOneThatLeavesLeastOfTheBackdoor) {
  std::vector<RhoPoint> points = curve();
  points[0].estimated_asr = wilson_rate(5, 50);
  points[1].estimated_asr = wilson_rate(1, 50);
  points[2].estimated_asr = wilson_rate(20, 50);
  EXPECT_EQ(choose_rho(points, 0.87), 0.5) << "0.1 costs too much accuracy";
  EXPECT_EQ(choose_rho(points, 0.39), 0.1);
  points[2].estimated_asr = wilson_rate(6, 50);
  EXPECT_EQ(choose_rho(points, 0.87), 0.3) << "one text more is no more";
  points[0].estimated_asr = points[2].estimated_asr;
  EXPECT_EQ(choose_rho(points, 0.87), 0.3) << "the smaller of two as good";
}

TEST(ChooseRho, TheBestWhereNoneIs) {
  EXPECT_EQ(choose_rho(curve(), 0.97), 0.5);
  EXPECT_FALSE(any_keeps(curve(), 0.97));
  EXPECT_TRUE(any_keeps(curve(), 0.87));
}

TEST(ChooseRho, WhereNoneIsTheOneThatLeavesLeastOfThoseNearTheBest) {
  std::vector<RhoPoint> points = curve();
  points[0].estimated_asr = wilson_rate(50, 50);
  points[1].estimated_asr = wilson_rate(1, 50);
  points[2].estimated_asr = wilson_rate(20, 50);
  EXPECT_EQ(choose_rho(points, 0.97), 0.3) << "88 % may be 87, and 70 is not";
  points[2].estimated_asr.reset();
  EXPECT_EQ(choose_rho(points, 0.97), 0.5);
}

TEST(MakeFolds, EveryRowOnceAndLabelsSpread) {
  std::vector<std::int64_t> labels;
  for (int i = 0; i < 40; ++i) labels.push_back(i < 10 ? 1 : 0);
  const auto folds = make_folds(labels, 2, 4);
  ASSERT_EQ(folds.size(), 2u);
  std::vector<std::size_t> all;
  for (const auto& fold : folds) {
    EXPECT_EQ(fold.size(), 20u);
    EXPECT_EQ(std::ranges::count_if(fold, [&](std::size_t row) { return labels[row] == 1; }), 5);
    all.insert(all.end(), fold.begin(), fold.end());
  }
  std::ranges::sort(all);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
  EXPECT_EQ(folds, make_folds(labels, 2, 4));
  EXPECT_NE(folds, make_folds(labels, 2, 5));
}

}  // namespace
}  // namespace finemix
