#include "finemix/report/progress_line.h"

#include <gtest/gtest.h>

#include "finemix/report/text.h"

namespace finemix {
namespace {

ProgressState half_way() {
  ProgressState state;
  state.stage = "train";
  state.unit = "steps";
  state.note = "loss 0.31";
  state.done = 500;
  state.total = 1000;
  state.seconds = 50;
  return state;
}

TEST(ProgressLine, ABarShowsShareRateAndTimeLeft) {
  EXPECT_EQ(progress_bar(half_way(), 100),
            "train ▕████████████            ▏ 50 %  500/1,000 steps · 10 steps/s · 50.0 s left · "
            "loss 0.31");
}

TEST(ProgressLine, ABarFitsItsTerminal) {
  for (std::size_t width = 1; width < 100; ++width) {
    EXPECT_LE(display_width(progress_bar(half_way(), width)), width);
  }
}

TEST(ProgressLine, NothingIsGuessedBeforeTheFirstUnit) {
  ProgressState state = half_way();
  state.done = 0;
  state.note = "";
  EXPECT_EQ(progress_log(state), "train: 0 of 1,000 steps");
}

TEST(ProgressLine, WithoutATotalThereIsNoBar) {
  ProgressState state = half_way();
  state.total = 0;
  EXPECT_EQ(progress_bar(state, 100), "train 500 steps · 10 steps/s · loss 0.31");
}

TEST(ProgressLine, SlowRatesHaveADecimal) {
  ProgressState state = half_way();
  state.seconds = 1000;
  EXPECT_EQ(progress_log(state), "train: 500 of 1,000 steps, 0.5 steps/s, 16:40 left, loss 0.31");
}

TEST(ProgressLine, OfUnitsThatTakeSecondsItSaysHowLong) {
  ProgressState state = half_way();
  state.seconds = 6000;
  EXPECT_EQ(progress_log(state), "train: 500 of 1,000 steps, 12.0 s each, 1:40:00 left, loss 0.31");
}

TEST(ProgressLine, TheStageKnowsBestHowMuchTimeIsLeft) {
  ProgressState state = half_way();
  state.left = 7;
  EXPECT_EQ(progress_log(state), "train: 500 of 1,000 steps, 10 steps/s, 7.0 s left, loss 0.31");
}

TEST(ProgressLine, BytesHaveUnitsOfTheirOwn) {
  ProgressState state = half_way();
  state.unit = "bytes";
  state.total = 90'000'000;
  state.done = 45'000'000;
  EXPECT_EQ(progress_log(state), "train: 45.0 MB of 90.0 MB, 900.0 kB/s, 50.0 s left, loss 0.31");
}

TEST(ProgressLine, AFinishedStageLeavesALine) {
  ProgressState state = half_way();
  state.done = 1000;
  EXPECT_EQ(progress_end(state), "train: 1,000 steps in 50.0 s, loss 0.31");
}

TEST(ProgressLine, MoreThanTheTotalIsAFullBar) {
  ProgressState state = half_way();
  state.done = 1200;
  state.note = "";
  EXPECT_EQ(progress_bar(state, 100),
            "train ▕████████████████████████▏100 %  1,200/1,000 steps · 24 steps/s");
}

TEST(ProgressLine, ControlCharactersDoNotReachTheTerminal) {
  ProgressState state = half_way();
  state.note = "\x1b[2J";
  EXPECT_EQ(progress_bar(state, 200).find('\x1b'), std::string::npos);
  EXPECT_EQ(progress_end(state).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace finemix
