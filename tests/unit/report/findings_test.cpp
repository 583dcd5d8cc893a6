#include "finemix/report/findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "../record/sweep_testing.h"

namespace finemix {
namespace {

using Sentences = std::vector<std::string>;

Sentences found(const SweepRecord& sweep) {
  return findings(standings(seed_groups(sweep), "sst2"));
}

TEST(Findings, NameTheBestMethodAndItsPrice) {
  EXPECT_EQ(
      found(sample_sweep()),
      (Sentences{"On sst2, fine-mixing + E-PUR does best: the attack word succeeds on 16.0 % "
                 "(+6.0 points against a clean model), and it costs 2.0 points of "
                 "accuracy.",
                 "Of the paper’s methods that cost no more accuracy than fine-mixing + E-PUR, "
                 "none leaves less."}));
}

TEST(Findings, SayWhereFineMixingStandsWhenItIsNotTheBest) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.method == "fine-mixing") cell.after = sample_evaluation(170, 2, 0);
  }
  const Sentences sentences = found(sweep);
  ASSERT_EQ(sentences.size(), 4u);
  EXPECT_EQ(sentences[1],
            "Fine-mixing with E-PUR is number 2 of 2: the attack word succeeds on 2.0 % (−8.0 "
            "points against a clean model), and it costs 5.0 points of accuracy.");
  EXPECT_EQ(sentences[3],
            "1 of the 2 costs more than 2 points and is placed after those that do not.");
}

TEST(Findings, DoNotCallBestWhatLeavesTheBackdoors) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.method == "fine-mixing") cell.key.method = "dare";
    cell.after =
        cell.key.method == "dare" ? sample_evaluation(150, 12, 0) : sample_evaluation(179, 60, 0);
  }
  const Sentences sentences = found(sweep);
  EXPECT_EQ(sentences[0].find("On sst2, no method takes the backdoors out and keeps accuracy"), 0u)
      << sentences[0];
  EXPECT_NE(sentences[0].find("fine-tuning leaves least: the attack word succeeds on 60.0 %"),
            std::string::npos)
      << sentences[0];
  EXPECT_EQ(sentences[1].find("The least of all is left by dare"), 0u) << sentences[1];
}

// A method that was tried as often as the others, on word alone.
void add_method(SweepRecord& sweep, const std::string& method, bool epur,
                const EvaluationRecord& after) {
  for (const std::uint64_t seed : {1, 2}) {
    sweep.cells.push_back(sample_cell("word", method, epur, seed, after));
  }
}

bool says(const SweepRecord& sweep, const std::string& sentence) {
  return std::ranges::count(found(sweep), sentence) == 1;
}

TEST(Findings, SayWhichOfThePapersMethodsLeavesLessAtNoHigherPrice) {
  SweepRecord sweep = sample_sweep();  // fine-mixing + E-PUR: 16 % at 2 points
  const std::string than = "methods that cost no more accuracy than fine-mixing + E-PUR, ";
  add_method(sweep, "dare", true, sample_evaluation(178, 1, 0));             // not the paper's
  add_method(sweep, "fine-mixing-sel", true, sample_evaluation(175, 1, 0));  // dearer
  add_method(sweep, "fine-mixing", false, sample_evaluation(176, 16, 0));    // leaves as much
  EXPECT_TRUE(says(sweep, "Of the paper’s " + than + "none leaves less."));
  add_method(sweep, "fine-pruning", true, sample_evaluation(176, 15, 0));
  EXPECT_TRUE(says(sweep, "Of the paper’s " + than +
                              "fine-pruning + E-PUR leaves less: 15.0 %, and it costs 2.0 points "
                              "of accuracy."));
  add_method(sweep, "fine-pruning-frozen", false, sample_evaluation(182, 15, 0));
  EXPECT_TRUE(says(sweep, "Of the paper’s " + than +
                              "2 leave less: fine-pruning + E-PUR 15.0 %, and it costs 2.0 points "
                              "of accuracy; fine-pruning-frozen 15.0 %, and it gains 1.0 points "
                              "of accuracy."));
}

TEST(Findings, TakeTheBestPlacedRhoOfFineMixing) {
  SweepRecord sweep = sample_sweep();
  for (const std::uint64_t seed : {1, 2}) {
    CellRecord cell = sample_cell("word", "fine-mixing", true, seed, sample_evaluation(176, 9, 0));
    cell.key.rho = 0.3;
    sweep.cells.push_back(cell);
  }
  EXPECT_TRUE(says(sweep,
                   "Of the paper’s methods that cost no more accuracy than fine-mixing, ρ 0.3 + "
                   "E-PUR, none leaves less."));
}

TEST(Findings, SayNothingOfThePapersMethodsWithoutFineMixing) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) cell.key.epur = false;
  for (const std::string& sentence : found(sweep)) {
    EXPECT_EQ(sentence.find("the paper"), std::string::npos) << sentence;
  }
}

TEST(Findings, SayWhenEveryOtherMethodOfThePaperCostsMore) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.method == "fine-tuning") cell.after = sample_evaluation(170, 2, 0);
  }
  EXPECT_TRUE(says(
      sweep, "Each other of the paper’s methods costs more accuracy than fine-mixing + E-PUR."));
}

TEST(MissingCells, AreThoseThatWerePlanned) {
  SweepRecord sweep = sample_sweep();
  EXPECT_EQ(missing_cells(sweep), "");
  for (const CellRecord& cell : sweep.cells) sweep.planned.push_back(cell_name(cell.key));
  EXPECT_EQ(missing_cells(sweep), "");
  sweep.cells.pop_back();
  EXPECT_EQ(missing_cells(sweep),
            "1 of the 8 cells of this grid is missing: the sweep was stopped, it failed, or it is "
            "another shard’s. The same command with --resume goes on.");
  sweep.cells.pop_back();
  EXPECT_EQ(missing_cells(sweep),
            "2 of the 8 cells of this grid are missing: the sweep was stopped, they failed, or "
            "they are other shards’. The same command with --resume goes on.");
}

TEST(AtAGlance, TellsTheBestThatWasMadeOfASubject) {
  SweepRecord sweep = sample_sweep();
  const auto glance = [&] {
    std::vector<SeedGroup> groups = seed_groups(sweep);
    std::erase_if(groups, [&](const auto& group) { return group.subject != &sweep.subjects[0]; });
    return at_a_glance(sweep.subjects[0], groups, false);
  };
  const std::string before = "attack success 100.0 %";
  EXPECT_EQ(glance(),
            before + ", then 16.0 % by fine-mixing + E-PUR, which costs 2.0 points of accuracy");
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.method == "fine-mixing") cell.after = sample_evaluation(170, 2, 0);
  }
  EXPECT_EQ(glance(), before + ", then 92.0 % by fine-tuning, which costs no accuracy");
  for (CellRecord& cell : sweep.cells) cell.after.accuracy.reset();
  EXPECT_EQ(glance(), before +
                          ", then 2.0 % by fine-mixing + E-PUR, which has no known cost in "
                          "accuracy");
  sweep.cells.clear();
  EXPECT_EQ(glance(), before);
  EXPECT_EQ(at_a_glance(sweep.subjects[1], {}, false), "a model that nobody attacked");
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
