#include "finemix/record/purify_record.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "json_testing.h"
#include "purify_testing.h"

namespace finemix {
namespace {

TEST(PurifyRecord, HasThePublishedSchemaInAFixedOrder) {
  const Json json = to_json(sample_purification());
  EXPECT_EQ(
      keys(json),
      (Names{"schema",      "version",  "method",    "rho",     "rho_curve", "suspect_accuracy",
             "seed",        "attack",   "before",    "after",   "epur_rows", "epur",
             "epur_figure", "triggers", "estimated", "gates",   "paired",    "predictions_sha256",
             "mix",         "training", "inputs",    "command", "config",    "seconds",
             "notes"}));
  EXPECT_EQ(json["schema"], "finemix.purify/1");
  EXPECT_EQ(json["version"], kVersion);
  EXPECT_EQ(json["rho_curve"][1]["rho"], 0.4);
  EXPECT_EQ(json["rho_curve"][1]["accuracy"]["correct"], 60);
  EXPECT_EQ(keys(json["before"]),
            (Names{"accuracy", "attack_success_rate", "trigger_effect", "false_trigger_rate",
                   "label_accuracy", "floor", "false_trigger_floor"}));
  EXPECT_TRUE(json["before"]["floor"].is_null());
  EXPECT_EQ(json["epur_rows"].size(), 50u);
  EXPECT_EQ(json["epur_rows"][49]["id"], 49);
  EXPECT_EQ(json["epur"]["row_count"], 70);
  EXPECT_EQ(keys(json["triggers"][0]),
            (Names{"text", "ids", "whole_word", "place", "pair_text", "target_label", "flip_rate",
                   "expected_rate", "short_texts", "crowd", "score", "examples"}));
  EXPECT_TRUE(json["triggers"][0]["whole_word"].is_null());
  EXPECT_EQ(json["triggers"][0]["ids"], Json::array({12}));
  EXPECT_EQ(keys(json["estimated"]), (Names{"before", "remeasured", "fresh"}));
  EXPECT_EQ(json["estimated"]["fresh"]["asr"]["correct"], 6);
  EXPECT_EQ(json["gates"].size(), 3u);
  EXPECT_EQ(json["triggers"][0]["flip_rate"]["correct"], 31);
  EXPECT_EQ(json["inputs"][0],
            (Json{{"name", "clean_data"}, {"path", "clean.tsv"}, {"sha256", "cd34"}}));
  EXPECT_EQ(json["config"]["rho"], "auto");
  EXPECT_EQ(json["seconds"]["fine_tune"], 1.25);
}

TEST(PurifyRecord, WithoutEpurHasNoRows) {
  const Json json = to_json(PurifyRecord{});
  EXPECT_EQ(json["epur_rows"], Json::array());
  EXPECT_TRUE(json["epur"].is_null());
  EXPECT_EQ(json["rho_curve"], Json::array());
}

TEST(PurifyRecord, HasNullForWhatAMethodDoesNotDo) {
  PurifyRecord record;
  Json json = to_json(record);
  for (const char* name : {"mix", "training", "paired", "predictions_sha256", "estimated"}) {
    EXPECT_TRUE(json[name].is_null()) << name;
  }
  record.mix.emplace();
  record.training.emplace();
  record.paired = {3, 1, 0.625};
  record.predictions_sha256 = "ab12";
  json = to_json(record);
  EXPECT_EQ(json["mix"]["rho"], 0.0);
  EXPECT_EQ(json["training"]["steps"], 0);
  EXPECT_EQ(json["paired"], (Json{{"before_only", 3}, {"after_only", 1}, {"p_value", 0.625}}));
  EXPECT_EQ(json["predictions_sha256"], "ab12");
}

TEST(PurifyRecord, ComesBackAsTheSameBytes) {
  for (const PurifyRecord& record : {sample_purification(), PurifyRecord{}}) {
    const std::string text = to_json(record).dump();
    EXPECT_EQ(to_json(purify_from_json(Json::parse(text), "report.json")).dump(), text);
  }
}

// What reading the sample is refused with, after `change` was done to it.
std::string refusal(const std::function<void(Json&)>& change) {
  Json json = to_json(sample_purification());
  change(json);
  try {
    purify_from_json(json, "report.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    return error.what();
  }
  return "nothing";
}

TEST(PurifyRecord, EachKeyIsNeededAndNoOtherTaken) {
  const Json whole = to_json(sample_purification());
  for (const char* place :
       {"", "/attack", "/before", "/after", "/mix", "/mix/tensors/0", "/epur", "/epur_figure",
        "/epur_rows/0", "/triggers/0", "/triggers/0/short_texts", "/triggers/0/examples/0",
        "/estimated", "/estimated/fresh", "/gates/0", "/paired", "/rho_curve/0", "/inputs/0",
        "/training"}) {
    const Json::json_pointer object(place);
    for (const std::string& key : keys(whole[object])) {
      EXPECT_NE(
          refusal([&](Json& json) { json[object].erase(key); }).find("'" + key + "' is missing"),
          std::string::npos)
          << place << " " << key;
    }
    EXPECT_NE(refusal([&](Json& json) { json[object]["more"] = 1; }).find("unknown key 'more'"),
              std::string::npos)
        << place;
  }
}

TEST(PurifyRecord, WhatCannotBeIsRefused) {
  const auto set = [](const char* place, const Json& value) {
    return refusal([&](Json& json) { json[Json::json_pointer(place)] = value; });
  };
  const auto expect = [&](const char* place, const Json& value, const char* part) {
    EXPECT_NE(set(place, value).find(part), std::string::npos)
        << place << " " << value << ": " << set(place, value);
  };
  expect("/schema", "finemix.sweep/1", "expected \"finemix.purify/1\"");
  expect("/config", Json::array(), "expected an object");
  expect("/attack/trigger_kind", "phrase", "expected word, sentence, word-set or paraphrase");
  expect("/after/trigger_effect", 0.15, "'trigger_effect' is 0.15, expected a number from -0.86");
  expect("/after/attack_success_rate", nullptr, "expected null, as the success is");
  expect("/mix/kept", 101, "'kept' is 101, expected at most 'total'");
  expect("/mix/tensors/0/kept", 101, "'kept' is 101, expected at most 'total'");
  expect("/epur", nullptr, "expected null if and only if 'epur' is");
  expect("/epur_figure", nullptr, "expected null if and only if 'epur' is");
  expect("/epur/reset_count", 71, "'row_count' is 70, expected as many rows");
  expect("/paired/before_only", 10, "expected counts that explain the two accuracies");
  expect("/paired/before_only", std::uint64_t{1} << 62, "expected an integer from 0 to");
  expect("/before/accuracy", nullptr, "expected counts that explain the two accuracies");
  expect("/before/label_accuracy/1/label", 0, "expected labels in ascending order");
  expect("/estimated/fresh/asr/low", 0.9, "expected at most 'value'");
  expect("/estimated/fresh/asr/high", 0.1, "expected at least 'value'");
  expect("/estimated/fresh/text_source", "web", "expected data, vocabulary or nothing");
  expect("/gates/0/name", "min-f1", "expected min-acc, max-acc-drop or max-asr");
  expect("/gates/0/passed", false, "expected what 'found' and 'bound' say");
  expect("/gates/0/found", nullptr, "'passed' is true, expected what");
  expect("/seconds/epur", -1, "expected numbers from");
  expect("/seconds", 1, "expected an object of numbers");
  Json stages = Json::object();
  for (int i = 0; i < 65; ++i) stages[std::to_string(i)] = 1;
  expect("/seconds", stages, "an object of numbers, at most 64");
  Json rows = Json::array();
  for (int i = 0; i < 51; ++i) rows.push_back(Json::object());
  expect("/epur_rows", rows, "at most 50");
  EXPECT_NE(refusal([](Json& json) {
              json["epur"] = json["epur_figure"] = nullptr;
            }).find("'epur_rows' is an array, expected none"),
            std::string::npos);
}

}  // namespace
}  // namespace finemix
