#include "finemix/report/figures/axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace finemix {
namespace {

std::vector<std::string> texts(double low, double high, int wanted) {
  std::vector<std::string> result;
  for (const AxisTick& tick : axis_ticks(round_ticks(low, high, wanted))) {
    result.push_back(tick.text);
  }
  return result;
}

using Texts = std::vector<std::string>;

TEST(RoundTicks, AreRoundAndWithinTheAxis) {
  EXPECT_EQ(texts(0, 1, 5), (Texts{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(texts(0, 100, 5), (Texts{"0", "20", "40", "60", "80", "100"}));
  EXPECT_EQ(texts(-0.3, 1.38, 6), (Texts{"-0.2", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2"}));
  EXPECT_EQ(texts(0, 0.013, 5),
            (Texts{"0.000", "0.002", "0.004", "0.006", "0.008", "0.010", "0.012"}));
  EXPECT_EQ(texts(3, 4321, 4), (Texts{"1000", "2000", "3000", "4000"}));
}

TEST(RoundTicks, AreNoneOfAnAxisWithoutLength) {
  EXPECT_TRUE(round_ticks(1, 1, 5).values.empty());
  EXPECT_TRUE(round_ticks(2, 1, 5).values.empty());
}

TEST(RoundTicks, EndOnAnAxisThatIsTooShortForItsPlace) {
  EXPECT_TRUE(round_ticks(999999.9999999999, 1000000, 6).values.empty());
  EXPECT_TRUE(round_ticks(1, std::nextafter(1.0, 2.0), 5).values.empty());
  EXPECT_TRUE(round_ticks(-1e308, 1e308, 5).values.size() <= 11);
  const std::vector<double> values = round_ticks(0, 1e-9, 5).values;
  EXPECT_EQ(values.size(), 6u);
  for (int wanted = 1; wanted < 9; ++wanted) {
    for (double high = 1; high < 10; high += 0.01) {
      const Ticks ticks = round_ticks(0, high, wanted);
      ASSERT_FALSE(ticks.values.empty());
      const double step = ticks.values.size() < 2 ? high : ticks.values[1];
      EXPECT_GT(ticks.values.back() + step, high * (1 - 1e-9)) << wanted << " " << high;
    }
  }
}

TEST(Scale, MapsItsEndsAndItsMiddle) {
  const Scale linear{0, 10, 100, 200};
  EXPECT_DOUBLE_EQ(linear.at(0), 100);
  EXPECT_DOUBLE_EQ(linear.at(5), 150);
  EXPECT_DOUBLE_EQ(linear.at(99), 200);
  const Scale logarithmic{1, 100, 0, 1, true};
  EXPECT_DOUBLE_EQ(logarithmic.at(10), 0.5);
  EXPECT_DOUBLE_EQ(logarithmic.at(0.1), 0);
  const Scale upwards{0, 1, 200, 0};
  EXPECT_DOUBLE_EQ(upwards.at(0.25), 150);
}

TEST(DrawAxes, LeavesOutNumbersThatWouldTouch) {
  Svg svg(100, 100);
  std::vector<AxisTick> ticks;
  for (int i = 0; i <= 100; ++i) ticks.push_back({static_cast<double>(i), "1000"});
  draw_axes(svg, {0, 100, 0, 100}, ticks, "", {0, 1, 50, 0}, {}, "");
  const std::string text = svg.element("");
  std::size_t shown = 0;
  for (std::size_t at = 0; (at = text.find(">1000<", at)) != std::string::npos; ++at) ++shown;
  EXPECT_GE(shown, 3u);
  EXPECT_LE(shown * (text_width("1000") + 6), 140);
}

TEST(LabelPlacer, GivesEachLabelAPlaceOfItsOwnInTheFrame) {
  LabelPlacer labels(0, 0, 100, 60);
  std::vector<Point> bases;
  while (const auto base = labels.place({50, 30}, 30)) bases.push_back(*base);
  EXPECT_GE(bases.size(), 3u);
  for (std::size_t i = 0; i < bases.size(); ++i) {
    EXPECT_GE(bases[i].x, 0);
    EXPECT_LE(bases[i].x + 30, 100);
    for (std::size_t j = 0; j < i; ++j) {
      const bool apart = std::abs(bases[i].x - bases[j].x) >= 30 ||
                         std::abs(bases[i].y - bases[j].y) >= kTextHeight;
      EXPECT_TRUE(apart) << i << " " << j;
    }
  }
}

TEST(LabelPlacer, KeepsWhatIsTakenFree) {
  LabelPlacer labels(0, 0, 100, 100);
  EXPECT_TRUE(labels.place_on({50, 50}, 20));
  EXPECT_FALSE(labels.place_on({50, 50}, 20));
  labels.take(0, 0, 100, 100);
  EXPECT_FALSE(labels.place({50, 50}, 1));
}

}  // namespace
}  // namespace finemix
