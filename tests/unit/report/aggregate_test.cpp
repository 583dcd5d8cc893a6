#include "finemix/report/aggregate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "../record/sweep_testing.h"

namespace finemix {
namespace {

TEST(Spread, IsTheMeanAndTheDeviationOfASample) {
  const std::optional<Spread> three = spread(std::vector<double>{0.2, 0.3, 0.7});
  ASSERT_TRUE(three);
  EXPECT_DOUBLE_EQ(three->mean, 0.4);
  EXPECT_DOUBLE_EQ(*three->deviation, std::sqrt((0.04 + 0.01 + 0.09) / 2));
  EXPECT_EQ(three->count, 3u);
}

TEST(Spread, OfOneValueHasNoDeviationAndOfNoneIsNone) {
  EXPECT_FALSE(spread(std::vector<double>{0.5})->deviation);
  EXPECT_FALSE(spread(std::vector<double>{}));
  const std::vector<std::optional<double>> gaps = {std::nullopt, 0.25, std::nullopt};
  EXPECT_DOUBLE_EQ(spread(gaps)->mean, 0.25);
  EXPECT_EQ(spread(gaps)->count, 1u);
}

TEST(SeedGroups, UniteTheSeedsOfACell) {
  const SweepRecord sweep = sample_sweep();
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  ASSERT_EQ(groups.size(), 4u);
  const SeedGroup& group = groups[0];  // fine-mixing on word: ACC 174 and 178, ASR 14 and 18
  EXPECT_EQ(group.subject, &sweep.subjects[0]);
  EXPECT_EQ(group.variant, (Variant{"fine-mixing", 0.4, true, 64}));
  EXPECT_EQ(group.cells.size(), 2u);
  EXPECT_DOUBLE_EQ(group.accuracy->mean, 0.88);
  EXPECT_NEAR(*group.accuracy->deviation, 0.02 / std::sqrt(2), 1e-12);
  EXPECT_DOUBLE_EQ(group.attack_success_rate->mean, 0.16);
  // ASR before 1, ACC before 0.9.
  EXPECT_DOUBLE_EQ(group.fidelity->mean, (0.86 * 0.87 + 0.82 * 0.89) / 0.9 / 2);
  EXPECT_FALSE(group.false_trigger_rate);
}

TEST(SeedGroups, KnowWhichRhoWereChosen) {
  SweepRecord sweep = sample_sweep();
  EXPECT_FALSE(seed_groups(sweep)[0].chosen_rho);
  double chosen = 0.8;
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.method != "fine-mixing") continue;
    cell.key.rho.reset();
    cell.rho = std::exchange(chosen, 0.3);
  }
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  ASSERT_TRUE(groups[0].chosen_rho);
  EXPECT_EQ(groups[0].chosen_rho->low, 0.3);
  EXPECT_EQ(groups[0].chosen_rho->high, 0.8);
  for (const Standing& one : standings(groups, "sst2")) {
    EXPECT_EQ(one.chosen_rho.has_value(), one.variant.method == "fine-mixing");
  }
}

TEST(SeedGroups, HaveTheMedianOfTheirPValues) {
  SweepRecord sweep = sample_sweep();
  const double p_values[] = {0.5, 0.01};
  for (int i = 0; i < 2; ++i)
    sweep.cells[static_cast<std::size_t>(4 * i)].mcnemar.p_value = p_values[i];
  EXPECT_DOUBLE_EQ(seed_groups(sweep)[0].p_value, 0.255);
}

TEST(MeanRate, HasTheIntervalOfOneSeedsTexts) {
  const Rate rate = mean_rate({0.166, {}, 2}, wilson_rate(14, 100));
  EXPECT_EQ(rate.correct, 17u);
  EXPECT_EQ(rate.total, 100u);
}

TEST(Standings, AverageOverAttacksAndLeaveOutTheControl) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects.push_back(sample_subject("sst2", "sentence"));
  for (const std::uint64_t seed : {1, 2}) {
    sweep.cells.push_back(
        sample_cell("sentence", "fine-mixing", true, seed, sample_evaluation(170, 30, 0.1)));
  }
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  const std::vector<Standing> order = standings(groups, "sst2");
  ASSERT_EQ(order.size(), 2u);
  const Standing& mixing = order[0];
  EXPECT_EQ(mixing.variant.method, "fine-mixing");
  EXPECT_TRUE(mixing.ranked);
  EXPECT_EQ(mixing.attacks, 2u);
  // Seed 1: word 14 and sentence 30; seed 2: 18 and 30.
  EXPECT_DOUBLE_EQ(mixing.attack_success_rate->mean, 0.23);
  EXPECT_NEAR(*mixing.attack_success_rate->deviation, 0.02 / std::sqrt(2), 1e-12);
  EXPECT_DOUBLE_EQ(mixing.above_floor->mean, 0.13);
  EXPECT_NEAR(mixing.accuracy_drop->mean, 0.9 - (0.87 + 0.89 + 0.85 + 0.85) / 4, 1e-12);
  EXPECT_EQ(mixing.worst->subject->attack, "sentence");
  EXPECT_NEAR(mixing.control_drop->mean, 0.9 - 0.88, 1e-12);
  // Tried on one attack of the two, it can't be compared.
  EXPECT_FALSE(order[1].ranked);
  EXPECT_EQ(order[1].attacks, 1u);
}

TEST(Standings, PutWhatCostsTooMuchAfterWhatDoesNot) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.method == "fine-mixing") cell.after = sample_evaluation(170, 2, 0);
  }
  const std::vector<Standing> order = standings(seed_groups(sweep), "sst2");
  EXPECT_EQ(order[0].variant.method, "fine-tuning");
  EXPECT_TRUE(allowed(order[0]));
  EXPECT_EQ(order[1].variant.method, "fine-mixing");
  EXPECT_FALSE(allowed(order[1]));
}

TEST(Standings, ADropOfExactlyTwoPointsIsAllowed) {
  Standing standing;
  EXPECT_FALSE(allowed(standing));
  standing.accuracy_drop = AttackMean{{0.9 - 0.88, {}, 1}, 1};
  EXPECT_TRUE(allowed(standing));
  standing.accuracy_drop = AttackMean{{0.0201, {}, 1}, 1};
  EXPECT_FALSE(allowed(standing));
}

TEST(Standings, CountTheAttacksOfAMeanThatNotAllHave) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects.push_back(sample_subject("sst2", "style"));
  for (const std::uint64_t seed : {1, 2}) {
    sweep.cells.push_back(
        sample_cell("style", "fine-mixing", true, seed, sample_evaluation(170, 30, 0.5)));
    sweep.cells.back().after.trigger_effect.reset();
  }
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  const Standing mixing = standings(groups, "sst2")[0];
  EXPECT_EQ(mixing.attacks, 2u);
  EXPECT_EQ(mixing.attack_success_rate->attacks, 2u);
  EXPECT_EQ(mixing.trigger_effect->attacks, 1u);
  EXPECT_DOUBLE_EQ(mixing.trigger_effect->mean, 0);
}

TEST(ComparedSize, HasTheMostCellsOfTheTask) {
  SweepRecord sweep = sample_sweep();
  EXPECT_EQ(compared_size(seed_groups(sweep), "sst2"), 64);
  for (std::uint64_t seed = 1; seed <= 9; ++seed) {  // one group, but more cells than the others
    CellRecord cell = sweep.cells[0];
    cell.key.clean_size = 512;
    cell.key.seed = seed;
    sweep.cells.push_back(cell);
  }
  EXPECT_EQ(compared_size(seed_groups(sweep), "sst2"), 512);
  EXPECT_EQ(compared_size(seed_groups(sweep), "qnli"), 0);
}

TEST(Standings, CompareOneCleanSizeOnly) {
  SweepRecord sweep = sample_sweep();
  CellRecord cell = sweep.cells[0];
  cell.key.clean_size = 512;
  sweep.cells.insert(sweep.cells.begin(), cell);
  for (const Standing& one : standings(seed_groups(sweep), "sst2")) {
    EXPECT_EQ(one.variant.clean_size, 64);
  }
}

TEST(Standings, SeedsThatLackAnAttackGiveNoDeviation) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects.push_back(sample_subject("sst2", "sentence"));
  sweep.cells.push_back(
      sample_cell("sentence", "fine-mixing", true, 1, sample_evaluation(170, 30, 0)));
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  const std::vector<Standing> order = standings(groups, "sst2");
  EXPECT_DOUBLE_EQ(order[0].attack_success_rate->mean, 0.23);
  EXPECT_FALSE(order[0].attack_success_rate->deviation);
}

}  // namespace
}  // namespace finemix
