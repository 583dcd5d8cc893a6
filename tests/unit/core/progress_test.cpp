#include "finemix/core/progress.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(Progress, TheSilentOneTakesEveryCallAndSaysNothing) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Progress& progress = no_progress();
  progress.begin("mix", 3, "tensors");
  progress.advance(3);
  progress.note("loss 0.31");
  progress.message("a warning");
  progress.end();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace finemix
