#include "text/base64.h"

#include <gtest/gtest.h>

#include "../io/io_testing.h"

namespace finemix {
namespace {

// RFC 4648, section 10.
TEST(Base64, DecodesTheStandardsExamples) {
  EXPECT_EQ(decode_base64("", "test"), "");
  EXPECT_EQ(decode_base64("Zg==", "test"), "f");
  EXPECT_EQ(decode_base64("Zm8=", "test"), "fo");
  EXPECT_EQ(decode_base64("Zm9v", "test"), "foo");
  EXPECT_EQ(decode_base64("Zm9vYmFy", "test"), "foobar");
  EXPECT_EQ(decode_base64("+/+/", "test"), "\xfb\xff\xbf");
}

TEST(Base64, HasOneFormForEachText) {
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm 9", "Zm9v\n",
                           "Zg==Zg==", "Zm9-", "=Zm9"}) {
    testing::expect_error(ErrorKind::kMalformed, {"test", "Base64"},
                          [&] { decode_base64(text, "test"); });
  }
}

}  // namespace
}  // namespace finemix
