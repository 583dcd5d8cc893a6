#include "finemix/record/gate.h"

#include <gtest/gtest.h>

#include "scan_testing.h"

namespace finemix {
namespace {

EvaluationRecord evaluated(std::uint64_t right, std::uint64_t flipped) {
  EvaluationRecord record;
  record.accuracy = wilson_rate(right, 100);
  record.attack_success_rate = wilson_rate(flipped, 50);
  return record;
}

TEST(Gate, HoldsAnEvaluationToItsBounds) {
  const GateBounds bounds{.min_acc = 0.9, .max_asr = 0.2};
  const auto kept = gates_of(bounds, evaluated(90, 10));
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_TRUE(all_passed(kept));
  EXPECT_EQ(kept[0].name, "min-acc");
  EXPECT_EQ(kept[0].found, 0.9);
  EXPECT_EQ(kept[0].says, "accuracy is 90 % (82.6–94.5); at least 90 % is asked for");
  const auto broken = gates_of(bounds, evaluated(89, 11));
  EXPECT_FALSE(broken[0].passed);
  EXPECT_FALSE(broken[1].passed);
  EXPECT_EQ(broken[1].says, "attack success is 22 % (12.8–35.2); at most 20 % is allowed");
}

TEST(Gate, AsksForNothingUnlessTold) {
  EXPECT_FALSE(GateBounds{}.given());
  EXPECT_TRUE(gates_of({}, evaluated(1, 50)).empty());
  EXPECT_TRUE(all_passed({}));
}

TEST(Gate, WhatWasNotMeasuredIsNotKept) {
  const auto gates = gates_of({.min_acc = 0, .max_asr = 1}, EvaluationRecord{});
  for (const Gate& gate : gates) {
    EXPECT_FALSE(gate.passed) << gate.name;
    EXPECT_EQ(gate.found, std::nullopt);
    EXPECT_NE(gate.says.find("was not measured"), std::string::npos) << gate.says;
  }
}

TEST(Gate, ADropIsCountedInPointsAgainstTheSuspect) {
  PurifyRecord record;
  record.before = evaluated(90, 50);
  record.after = evaluated(88, 5);
  const Gate kept = gates_of({.max_acc_drop = 2}, record).at(0);
  EXPECT_TRUE(kept.passed);  // 2.0000000000000018 in doubles
  EXPECT_EQ(kept.says,
            "accuracy fell by 2 points, from 90 % (82.6–94.5) to 88 % (80.2–93); at most 2 points "
            "may be lost");
  EXPECT_FALSE(gates_of({.max_acc_drop = 1.9}, record).at(0).passed);
  record.after = evaluated(91, 5);
  EXPECT_NE(gates_of({.max_acc_drop = 0}, record).at(0).says.find("rose by 1 point,"),
            std::string::npos);
}

TEST(Gate, WithoutTestTextsTheAccuracyThatRhoWasChosenByCounts) {
  PurifyRecord record;
  record.rho = 0.4;
  const GateBounds bounds{.min_acc = 0.9, .max_acc_drop = 2};
  EXPECT_FALSE(gates_of(bounds, record).at(0).found.has_value());
  record.rho_curve = {{0.3, wilson_rate(30, 64)}, {0.4, wilson_rate(60, 64)}};
  record.suspect_accuracy = wilson_rate(61, 64);
  const auto gates = gates_of(bounds, record);
  EXPECT_TRUE(all_passed(gates));
  EXPECT_TRUE(gates[0].says.starts_with("accuracy on held-out clean examples is 93.8 %"));
}

TEST(Gate, TheKnownAttackGoesBeforeTheEstimate) {
  PurifyRecord record = sample_purification();
  EXPECT_EQ(gates_of({.max_asr = 0.2}, record).at(0).found, 0.14);
  record.after.attack_success_rate.reset();
  const Gate estimated = gates_of({.max_asr = 0.18}, record).at(0);
  EXPECT_EQ(estimated.found, 0.1875);  // the worse of the two on the purified model
  EXPECT_FALSE(estimated.passed);
  EXPECT_TRUE(estimated.says.starts_with("estimated attack success is 18.8 %"));
}

TEST(Gate, ASearchThatFindsNothingIsAnEstimateOfNothing) {
  ScanRecord record = sample_clean_scan();
  const Gate nothing = gates_of({.max_asr = 0.1}, record).at(0);
  EXPECT_EQ(nothing.found, 0.0);
  EXPECT_TRUE(nothing.passed);
  record.candidates = 0;
  const Gate unknown = gates_of({.max_asr = 0.1}, record).at(0);
  EXPECT_FALSE(unknown.found.has_value());
  EXPECT_FALSE(unknown.passed);
  EXPECT_TRUE(gates_of({.min_acc = 0.9}, record).empty());
}

TEST(Gate, NorIsAPurifiedModelThatCouldNotBeSearched) {
  PurifyRecord record = sample_purification();
  record.after.attack_success_rate.reset();
  record.estimated->remeasured.asr = wilson_rate(1, 32);
  record.estimated->fresh.asr.reset();
  record.estimated->fresh.unsearched_labels.clear();
  EXPECT_TRUE(gates_of({.max_asr = 0.1}, record).at(0).passed);
  record.estimated->fresh.unsearched_labels = {0};
  const Gate part = gates_of({.max_asr = 0.1}, record).at(0);
  EXPECT_FALSE(part.passed);
  EXPECT_NE(part.says.find("no triggers to label 0 were looked for"), std::string::npos);
}

TEST(Gate, WhatCouldNotBeLookedForIsNotPassed) {
  ScanRecord record = sample_clean_scan();
  record.unsearched_labels = {1};
  const Gate half = gates_of({.max_asr = 0.1}, record).at(0);
  EXPECT_FALSE(half.found.has_value());
  EXPECT_FALSE(half.passed);
  EXPECT_EQ(
      half.says,
      "attack success was estimated in part only; no triggers to label 1 were looked for: too "
      "few texts are of other labels, or the model gives nearly all that one once they are cut "
      "short; at "
      "most 10 % is "
      "allowed");
  // What was found may be less than what could not be.
  record.estimated_asr = wilson_rate(2, 32);
  EXPECT_FALSE(gates_of({.max_asr = 0.1}, record).at(0).passed);
  record.estimated_asr = wilson_rate(30, 32);
  EXPECT_EQ(gates_of({.max_asr = 0.1}, record).at(0).found, 30.0 / 32);
}

}  // namespace
}  // namespace finemix
