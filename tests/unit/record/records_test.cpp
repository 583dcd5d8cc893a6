#include "finemix/record/records.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "json_testing.h"

namespace finemix {
namespace {

TEST(Records, ARateHasItsCounts) {
  const Json json = to_json(wilson_rate(3, 4));
  EXPECT_EQ(keys(json), (Names{"value", "low", "high", "correct", "total"}));
  EXPECT_EQ(json["value"], 0.75);
  EXPECT_EQ(json["correct"], 3);
  EXPECT_EQ(json["total"], 4);
}

TEST(Records, WhatIsNotToBeHadIsNull) {
  const Json json = to_json(EvaluationRecord{});
  EXPECT_EQ(keys(json),
            (Names{"accuracy", "attack_success_rate", "trigger_effect", "false_trigger_rate",
                   "label_accuracy", "floor", "false_trigger_floor", "seconds"}));
  EXPECT_TRUE(json["accuracy"].is_null());
  EXPECT_TRUE(json["attack_success_rate"].is_null());
  EXPECT_TRUE(json["trigger_effect"].is_null());
}

TEST(Records, FloorsAreTheRatesOfTheReference) {
  EvaluationRecord record, reference;
  record.attack_success_rate = wilson_rate(9, 10);
  reference.attack_success_rate = wilson_rate(2, 10);
  reference.false_trigger_rate = wilson_rate(3, 10);
  set_floors(record, reference);
  EXPECT_EQ(record.attack_success_rate->correct, 9u);
  EXPECT_EQ(to_json(record)["floor"]["correct"], 2);
  EXPECT_EQ(to_json(record)["false_trigger_floor"]["correct"], 3);
  set_floors(record, {});
  EXPECT_TRUE(to_json(record)["floor"].is_null());
}

TEST(Records, ATriggerEffectIsAPlainNumber) {
  EvaluationRecord record;
  record.accuracy = wilson_rate(9, 10);
  record.attack_success_rate = wilson_rate(1, 2);
  record.trigger_effect = -0.25;
  const Json json = to_json(record);
  EXPECT_EQ(json["trigger_effect"], -0.25);
  EXPECT_EQ(json["attack_success_rate"]["value"], 0.5);
}

TEST(Records, EpurHasEveryRowInOrder) {
  EpurRecord record;
  for (std::int64_t id = 0; id < 70; ++id) record.rows.push_back({"t" + std::to_string(id), id});
  record.rule = "top-k";
  const Json json = to_json(record);
  EXPECT_EQ(keys(json), (Names{"rows", "rule", "row_count", "reset_count", "clamped", "seconds"}));
  ASSERT_EQ(json["rows"].size(), 70u);
  EXPECT_EQ(keys(json["rows"][0]),
            (Names{"token", "id", "score", "delta_norm", "frequency", "reset"}));
  EXPECT_EQ(json["rows"][69]["token"], "t69");
}

TEST(Records, MixTellsEachTensor) {
  MixRecord record;
  record.kept = 3;
  record.total = 10;
  record.tensors = {{"bert.pooler.dense.weight", 3, 10}};
  record.kept_whole = {"classifier.weight"};
  const Json json = to_json(record);
  EXPECT_EQ(json["kept"], 3);
  EXPECT_EQ(json["total"], 10);
  EXPECT_EQ(json["tensors"][0]["name"], "bert.pooler.dense.weight");
  EXPECT_EQ(json["tensors"][0]["kept"], 3);
  EXPECT_EQ(json["kept_whole"][0], "classifier.weight");
}

TEST(Records, TrainingHasItsValidationWhenThereIsOne) {
  TrainRecord record;
  EXPECT_TRUE(to_json(record)["validation"].is_null());
  record.validation = HeldOutRecord{wilson_rate(1, 2), 0.5};
  EXPECT_EQ(to_json(record)["validation"]["accuracy"]["value"], 0.5);
  EXPECT_EQ(to_json(record)["validation"]["loss"], 0.5);
}

TEST(Records, AnAttackWithoutTrainingSaysSo) {
  AttackRecord record;
  record.kind = "word";
  record.triggers = {"cf", "mn"};
  const Json json = to_json(record);
  EXPECT_EQ(json["kind"], "word");
  EXPECT_EQ(json["triggers"], (Json{"cf", "mn"}));
  EXPECT_TRUE(json["training"].is_null());
}

TEST(Records, NumbersReadBackAsTheyWere) {
  const Rate rate = wilson_rate(1, 3);
  const Json back = Json::parse(to_json(rate).dump());
  EXPECT_EQ(back["value"].get<double>(), rate.value);
  EXPECT_EQ(back["low"].get<double>(), rate.low);
  EXPECT_EQ(Json(0.1).dump(), "0.1");
}

}  // namespace
}  // namespace finemix
