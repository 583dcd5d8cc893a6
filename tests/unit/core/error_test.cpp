#include "finemix/core/error.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

// The exit codes are an interface that scripts rely on.
TEST(Error, ExitCodesAreThoseOfTheManual) {
  EXPECT_EQ(Error(ErrorKind::kUsage, "").exit_code(), 2);
  EXPECT_EQ(Error(ErrorKind::kFile, "").exit_code(), 3);
  EXPECT_EQ(Error(ErrorKind::kMalformed, "").exit_code(), 4);
  EXPECT_EQ(Error(ErrorKind::kMismatch, "").exit_code(), 5);
  EXPECT_EQ(Error(ErrorKind::kNumeric, "").exit_code(), 6);
  EXPECT_EQ(Error(ErrorKind::kInternal, "").exit_code(), 70);
  EXPECT_EQ(Error(ErrorKind::kInterrupted, "").exit_code(), 130);
  EXPECT_EQ(Error(ErrorKind::kTerminated, "").exit_code(), 143);
}

TEST(Error, KeepsKindAndMessage) {
  const Error error(ErrorKind::kMismatch, "shapes differ");
  EXPECT_EQ(error.kind(), ErrorKind::kMismatch);
  EXPECT_STREQ(error.what(), "shapes differ");
}

}  // namespace
}  // namespace finemix
