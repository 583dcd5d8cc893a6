#include "finemix/core/number.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(Number, IsAsShortAsItCanBe) {
  EXPECT_EQ(plain_number(0.4), "0.4");
  EXPECT_EQ(plain_number(1), "1");
  EXPECT_EQ(plain_number(5e-5), "5e-05");
}

TEST(ParseSize, TakesANumberWithItsUnit) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("500MB"), 500'000'000u);
  EXPECT_EQ(parse_size("1.5gb"), 1'500'000'000u);
  EXPECT_EQ(parse_size("2kB"), 2000u);
  EXPECT_EQ(parse_size("1TB"), 1'000'000'000'000u);
}

TEST(ParseSize, TakesNothingElse) {
  for (const char* text : {"", "MB", "-1MB", "-0", "500 MB", "500MiB", "1e3", "inf", "nan",
                           "0x10", "9223372036854775808", "10000000TB", "5M"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace finemix
