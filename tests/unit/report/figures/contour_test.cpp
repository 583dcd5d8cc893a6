#include "finemix/report/figures/contour.h"

#include <gtest/gtest.h>

#include <vector>

namespace finemix {
namespace {

using Values = std::vector<double>;

TEST(ContourLines, OfAPlaneAreStraight) {
  const Values x = {0, 1, 3}, y = {0, 2, 4};
  Values plane;
  for (const double b : y) {
    for (const double a : x) plane.push_back(a + b);
  }
  const auto lines = contour_lines(x, y, plane, 2.5);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].size(), 4u);
  for (const Point& point : lines[0]) EXPECT_NEAR(point.x + point.y, 2.5, 1e-12);
}

TEST(ContourLines, AroundAPeakAreClosed) {
  const Values at = {0, 1, 2};
  const auto lines = contour_lines(at, at, Values{0, 0, 0, 0, 1, 0, 0, 0, 0}, 0.25);
  ASSERT_EQ(lines.size(), 1u);
  ASSERT_EQ(lines[0].size(), 5u);
  EXPECT_EQ(lines[0].front().x, lines[0].back().x);
  EXPECT_EQ(lines[0].front().y, lines[0].back().y);
  for (const Point& point : lines[0]) {
    EXPECT_NEAR(std::abs(point.x - 1) + std::abs(point.y - 1), 0.75, 1e-12);
  }
}

// Corners 1, 0, 1, 0 around: at 0.4 the middle is above, so the low corners are cut off; at 0.6 it
// is below, so the high ones are.
TEST(ContourLines, InASaddleFollowTheMiddle) {
  const Values at = {0, 1};
  const Values saddle = {1, 0, 0, 1};  // high at (0, 0) and (1, 1)
  const auto low_cut = contour_lines(at, at, saddle, 0.4);
  ASSERT_EQ(low_cut.size(), 2u);
  for (const auto& line : low_cut) EXPECT_GT(std::abs(line[0].x - line[0].y), 0.5);
  for (const auto& line : low_cut) {
    // Around (1, 0) or (0, 1): the middle of each line is off the diagonal.
    EXPECT_GT(std::abs((line[0].x + line[1].x) - (line[0].y + line[1].y)) / 2, 0.5);
  }
  const auto high_cut = contour_lines(at, at, saddle, 0.6);
  ASSERT_EQ(high_cut.size(), 2u);
  for (const auto& line : high_cut) {
    EXPECT_NEAR((line[0].x + line[1].x) - (line[0].y + line[1].y), 0, 1e-12);
  }
}

TEST(ContourLines, AreNoneWhereTheLevelIsNotCrossed) {
  const Values at = {0, 1};
  EXPECT_TRUE(contour_lines(at, at, Values{0, 0, 0, 0}, 0.5).empty());
  EXPECT_TRUE(contour_lines(at, at, Values{1, 1, 1, 1}, 0.5).empty());
}

TEST(ContourLines, OnALargeGridJoinIntoOneLine) {
  Values at, hill;
  for (int i = 0; i < 41; ++i) at.push_back(i / 20.0 - 1);
  for (const double b : at) {
    for (const double a : at) hill.push_back(a * a + b * b);
  }
  const auto lines = contour_lines(at, at, hill, 0.5);
  ASSERT_EQ(lines.size(), 1u);
  for (const Point& point : lines[0]) {
    EXPECT_NEAR(point.x * point.x + point.y * point.y, 0.5, 0.01);
  }
}

}  // namespace
}  // namespace finemix
