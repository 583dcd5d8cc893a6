#include "finemix/core/number.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(Number, IsAsShortAsItCanBe) {
  EXPECT_EQ(plain_number(0.4), "0.4");
  EXPECT_EQ(plain_number(1), "1");
  EXPECT_EQ(plain_number(5e-5), "5e-05");
}

}  // namespace
}  // namespace finemix
