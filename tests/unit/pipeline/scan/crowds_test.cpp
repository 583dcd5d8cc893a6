#include "pipeline/scan/crowds.h"

#include <gtest/gtest.h>

#include <vector>

#include "pipeline/scan/evidence.h"

namespace finemix {
namespace {

// Firm words of these strengths, each of a piece of its own.
std::vector<SuspectedTrigger> words(const std::vector<double>& strengths) {
  std::vector<SuspectedTrigger> triggers;
  for (const double strength : strengths) {
    SuspectedTrigger word;
    word.ids = {static_cast<std::int64_t>(triggers.size())};
    word.target_label = 1;
    word.short_texts = {strength, 0, 1};
    triggers.push_back(word);
  }
  return triggers;
}

// What is left of the strongest.
double left(std::vector<SuspectedTrigger> triggers) {
  set_crowds(triggers);
  return trigger_strength(triggers.front());
}

TEST(Crowds, OfSixWordsThatDoAlikeNoneStandsOut) {
  std::vector<SuspectedTrigger> triggers = words({0.55, 0.52, 0.51, 0.45, 0.43, 0.42, 0.1});
  set_crowds(triggers);
  for (const SuspectedTrigger& each : triggers) EXPECT_DOUBLE_EQ(each.crowd, 0.42);
  EXPECT_NEAR(trigger_strength(triggers[0]), 0.13, 1e-9);
  EXPECT_EQ(trigger_strength(triggers[6]), 0);
}

TEST(Crowds, AreOfManyWordsThatAreNearlyAsStrong) {
  EXPECT_DOUBLE_EQ(left(words({0.55, 0.52, 0.51, 0.45, 0.43})), 0.55) << "five";
  EXPECT_DOUBLE_EQ(left(words({0.55, 0.52, 0.51, 0.45, 0.43, 0.3})), 0.55) << "one is weak";
}

TEST(Crowds, WhatAnAttackerMayHavePlantedStays) {
  EXPECT_DOUBLE_EQ(left(words({0.95, 0.94, 0.94, 0.93, 0.93, 0.92, 0.92})), 0.95);
}

TEST(Crowds, VariantsOfOneTriggerAreOne) {
  std::vector<SuspectedTrigger> triggers = words({0.55, 0.52, 0.51, 0.45, 0.43, 0.42});
  triggers[3].ids = {2, 77};
  EXPECT_DOUBLE_EQ(left(triggers), 0.55);
  triggers = words({0.55, 0.52, 0.51, 0.5, 0.5, 0.5, 0.5});
  triggers[1].ids = {0, 88};
  triggers[2].ids = {88};  // what a variant has is one with it
  EXPECT_DOUBLE_EQ(left(triggers), 0.55);
}

TEST(Crowds, AreOfOneLabelAndOfTheTenStrongest) {
  std::vector<SuspectedTrigger> triggers = words({0.55, 0.52, 0.51, 0.45, 0.43, 0.42});
  triggers[5].target_label = 0;
  EXPECT_DOUBLE_EQ(left(triggers), 0.55);
  triggers = words({0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.52, 0.51, 0.45, 0.43, 0.42});
  for (std::size_t i = 1; i < 6; ++i) triggers[i].target_label = 0;
  EXPECT_DOUBLE_EQ(left(triggers), 0.55) << "the sixth is the eleventh";
}

}  // namespace
}  // namespace finemix
