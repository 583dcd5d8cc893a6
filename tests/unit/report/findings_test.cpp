#include "finemix/report/findings.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../record/sweep_testing.h"

namespace finemix {
namespace {

using Sentences = std::vector<std::string>;

Sentences found(const SweepRecord& sweep) {
  return findings(standings(seed_groups(sweep), "sst2"));
}

TEST(Findings, NameTheBestMethodAndItsPrice) {
  EXPECT_EQ(found(sample_sweep()),
            (Sentences{"On sst2, fine-mixing + E-PUR does best: the attack word succeeds on 16.0 % "
                       "(+6.0 points against a clean model), and it costs 2.0 points of "
                       "accuracy."}));
}

TEST(Findings, SayWhereFineMixingStandsWhenItIsNotTheBest) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.method == "fine-mixing") cell.after = sample_evaluation(170, 2, 0);
  }
  const Sentences sentences = found(sweep);
  ASSERT_EQ(sentences.size(), 3u);
  EXPECT_EQ(sentences[1],
            "Fine-mixing with E-PUR is number 2 of 2: the attack word succeeds on 2.0 % (−8.0 "
            "points against a clean model), and it costs 5.0 points of accuracy.");
  EXPECT_EQ(sentences[2],
            "1 of the 2 costs more than 2 points and is placed after those that do not.");
}

TEST(Findings, SaySoWhenNothingKeepsTheAccuracy) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) cell.after = sample_evaluation(150, 5, 0);
  EXPECT_EQ(found(sweep)[0].find("On sst2, no method keeps accuracy within 2 points"), 0u);
}

TEST(Findings, AreNoneWhenNoAttackWasMeasured) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) cell.after.attack_success_rate.reset();
  EXPECT_EQ(found(sweep), Sentences{});
  EXPECT_EQ(findings({}), Sentences{});
}

}  // namespace
}  // namespace finemix
