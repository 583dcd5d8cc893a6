#include "finemix/report/sweep_summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "../record/sweep_testing.h"
#include "finemix/report/aggregate.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(SweepSummary, ShowsEachAttackAndTheMethodsOverAllOfThem) {
  const std::string text = summary(sample_sweep(), false);
  EXPECT_TRUE(contains(text, "sst2: word, trigger “cf”\n")) << text;
  EXPECT_TRUE(contains(text, "sst2: clean, a model that nobody attacked\n")) << text;
  EXPECT_TRUE(contains(text, "  as it came")) << text;
  EXPECT_TRUE(contains(text, "  a clean model")) << text;
  EXPECT_TRUE(contains(text, "88.0 ± 1.4  16.0 ± 2.8")) << text;
  EXPECT_TRUE(contains(text, "On sst2, fine-mixing + E-PUR does best")) << text;
  EXPECT_TRUE(contains(text, "word 16.0")) << text;
}

TEST(SweepSummary, OfACleanModelAloneItSaysWhatItLost) {
  SweepRecord sweep = sample_sweep();
  std::erase_if(sweep.subjects, [](const SubjectRecord& one) { return !is_control(one); });
  std::erase_if(sweep.cells, [](const CellRecord& one) { return one.key.attack != "clean"; });
  EXPECT_TRUE(contains(summary(sweep, false), "clean model lost"));
}

TEST(SweepSummary, ShowsWhichRhoWasChosen) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.method == "fine-mixing") cell.key.rho.reset();
  }
  sweep.cells[0].rho = 0.7;
  EXPECT_TRUE(contains(summary(sweep, false), "auto: 0.4–0.7"));
}

TEST(SweepSummary, FitsAHundredColumnsWithLongNames) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects[0].before.false_trigger_rate = wilson_rate(10, 100);
  for (CellRecord& cell : sweep.cells) {
    cell.key.method += "-with-a-very-long-name-that-goes-on";
    cell.after.false_trigger_rate = wilson_rate(10, 100);
    cell.trigger_reset = true;
  }
  CellRecord cell = sweep.cells[0];
  cell.key.clean_size = 100'000;
  cell.key.rho = 0.05;
  sweep.cells.push_back(cell);
  std::istringstream lines(summary(sweep, false));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 100u) << line;
}

TEST(SweepSummary, BeginsWithWhatIsMissing) {
  SweepRecord sweep = sample_sweep();
  for (const CellRecord& cell : sweep.cells) sweep.planned.push_back(cell_name(cell.key));
  EXPECT_EQ(summary(sweep, false).find("sst2: word"), 0u);
  sweep.planned.emplace_back("sst2.word.dare.n-64.seed-1");
  EXPECT_EQ(summary(sweep, false).find("1 of the 9 cells of this grid is missing: "), 0u);
}

TEST(SweepSummary, SaysOfHowManyAttacksAMeanIs) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects.push_back(sample_subject("sst2", "style"));
  sweep.subjects.back().before.floor.reset();
  for (const std::uint64_t seed : {1, 2}) {
    sweep.cells.push_back(
        sample_cell("style", "fine-mixing", true, seed, sample_evaluation(174, 20, 0)));
  }
  const std::string text = summary(sweep, false);
  EXPECT_TRUE(contains(text, " +6.0 (1)  ")) << text;
  EXPECT_TRUE(contains(text, "in brackets, over how many of them")) << text;
  EXPECT_FALSE(contains(summary(sample_sweep(), false), "(1)"));
}

TEST(SweepSummary, ObeysNoEscapeSequences) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects[0].made.triggers = {"\x1b[2J"};
  for (SubjectRecord& subject : sweep.subjects) subject.task = "\x1b[2J";
  sweep.subjects[0].attack = "\x1b[3J";
  for (CellRecord& cell : sweep.cells) {
    cell.key.task = "\x1b[2J";
    if (cell.key.attack != kCleanControl) cell.key.attack = "\x1b[3J";
    cell.key.method += "\x1b[2J";
  }
  EXPECT_FALSE(contains(summary(sweep, false), "\x1b"));
}

}  // namespace
}  // namespace finemix
