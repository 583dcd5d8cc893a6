#include "finemix/report/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace finemix {
namespace {

TEST(Text, WidthIsWhatATerminalGives) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("cf"), 2u);
  EXPECT_EQ(display_width("ρ = ‖δ‖₂"), 8u);
  EXPECT_EQ(display_width("##é"), 3u);
  EXPECT_EQ(display_width("e\u0301"), 1u);  // combining acute
  EXPECT_EQ(display_width("中文"), 4u);     // wide
  EXPECT_EQ(display_width("한"), 2u);
  EXPECT_EQ(display_width("😀"), 2u);
  EXPECT_EQ(display_width("नि"), 2u);            // the vowel sign takes a column of its own
  EXPECT_EQ(display_width("\xFF\xC0"), 2u);      // broken bytes are one column each
  EXPECT_EQ(display_width("\xE4\xB8"), 2u);      // cut short
  EXPECT_EQ(display_width("\xED\xA0\x80"), 3u);  // a surrogate is no character
}

TEST(Text, FitCutsBetweenCharacters) {
  EXPECT_EQ(fit("short", 5), "short");
  EXPECT_EQ(fit("too long", 5), "too …");
  EXPECT_EQ(fit("中文字", 4), "中…");
  EXPECT_EQ(fit("中文字", 5), "中文…");
  EXPECT_EQ(fit("ab", 0), "");
  EXPECT_EQ(fit("ab", 1), "…");
}

TEST(Text, CountsAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(Text, SizesHaveTheirUnit) {
  EXPECT_EQ(file_size(0), "0 bytes");
  EXPECT_EQ(file_size(999), "999 bytes");
  EXPECT_EQ(file_size(1000), "1.0 kB");
  EXPECT_EQ(file_size(999'960), "1.0 MB");
  EXPECT_EQ(file_size(90'868'376), "90.9 MB");
  EXPECT_EQ(file_size(std::numeric_limits<std::uint64_t>::max()), "18.4 EB");
}

TEST(Text, DurationsReadLikeAClock) {
  EXPECT_EQ(duration(0), "0.0 s");
  EXPECT_EQ(duration(4.24), "4.2 s");
  EXPECT_EQ(duration(59.94), "59.9 s");
  EXPECT_EQ(duration(59.96), "1:00");
  EXPECT_EQ(duration(95.4), "1:35");
  EXPECT_EQ(duration(3725), "1:02:05");
  EXPECT_EQ(duration(std::numeric_limits<double>::infinity()), "277777777:46:40");
  EXPECT_EQ(duration(std::nan("")), "–");
  EXPECT_EQ(duration(-1), "–");
}

TEST(Text, SharesAreInPercentAndDifferencesInPoints) {
  EXPECT_EQ(percent(0.8342), "83.4");
  EXPECT_EQ(percent(1), "100.0");
  EXPECT_EQ(points(-0.045), "−4.5");
  EXPECT_EQ(points(0.0123), "+1.2");
  EXPECT_EQ(points(-0.0001), "0.0");
}

TEST(Text, NumbersHaveTheDecimalsThatAreAskedFor) { EXPECT_EQ(fixed(0.123456, 4), "0.1235"); }

}  // namespace
}  // namespace finemix
