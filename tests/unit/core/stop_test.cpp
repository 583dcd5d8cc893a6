#include "finemix/core/stop.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "finemix/core/error.h"

namespace finemix {
namespace {

// Signals change the whole process, so each case runs in a child.

[[noreturn]] void exit_with_what_is_thrown() {
  try {
    throw_if_stopped();
  } catch (const Error& error) {
    std::_Exit(error.exit_code());
  }
  std::_Exit(0);
}

void expect_first_signal_gives(int number, int exit_code) {
  EXPECT_EXIT(
      {
        install_stop_handlers();
        raise(number);
        exit_with_what_is_thrown();
      },
      ::testing::ExitedWithCode(exit_code), "");
}

TEST(StopDeathTest, NothingIsThrownWithoutASignal) {
  EXPECT_EXIT(
      {
        install_stop_handlers();
        exit_with_what_is_thrown();
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(StopDeathTest, FirstSignalIsThrownAtTheNextLook) {
  expect_first_signal_gives(SIGINT, 130);
  expect_first_signal_gives(SIGTERM, 143);
}

TEST(StopDeathTest, WhatIsToBeFinishedFirstIsFinishedFirst) {
  EXPECT_EXIT(
      {
        install_stop_handlers();
        raise(SIGINT);
        {
          const FinishFirst all_of_this;
          { const FinishFirst and_this; }
          throw_if_stopped();
        }
        exit_with_what_is_thrown();
      },
      ::testing::ExitedWithCode(130), "");
}

TEST(StopDeathTest, ItIsThrownAtEveryLookFromThenOn) {
  EXPECT_EXIT(
      {
        install_stop_handlers();
        raise(SIGINT);
        try {
          throw_if_stopped();
        } catch (const Error&) {
        }
        exit_with_what_is_thrown();
      },
      ::testing::ExitedWithCode(130), "");
}

TEST(StopDeathTest, SecondSignalOfEitherKindEndsTheProcess) {
  EXPECT_EXIT(
      {
        install_stop_handlers();
        raise(SIGINT);
        raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(
      {
        install_stop_handlers();
        raise(SIGINT);
        raise(SIGTERM);
      },
      ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace finemix
