#include "finemix/record/purify_record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "purify_testing.h"

namespace finemix {
namespace {

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [key, value] : json.items()) names.push_back(key);
  return names;
}

using Names = std::vector<std::string>;

TEST(PurifyRecord, HasThePublishedSchemaInAFixedOrder) {
  const Json json = to_json(sample_purification());
  EXPECT_EQ(keys(json), (Names{"schema",    "version",   "method",
                               "rho",       "rho_curve", "suspect_accuracy",
                               "seed",      "before",    "after",
                               "epur_rows", "epur",      "epur_figure",
                               "triggers",  "paired",    "predictions_sha256",
                               "mix",       "training",  "inputs",
                               "command",   "config",    "seconds",
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
  EXPECT_EQ(keys(json["triggers"][0]), (Names{"text", "id", "target_label", "flip_rate"}));
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
  for (const char* name : {"mix", "training", "paired", "predictions_sha256"}) {
    EXPECT_TRUE(json[name].is_null()) << name;
  }
  record.mix.emplace();
  record.training.emplace();
  record.paired = {3, 1};
  record.predictions_sha256 = "ab12";
  json = to_json(record);
  EXPECT_EQ(json["mix"]["rho"], 0.0);
  EXPECT_EQ(json["training"]["steps"], 0);
  EXPECT_EQ(json["paired"], (Json{{"before_only", 3}, {"after_only", 1}}));
  EXPECT_EQ(json["predictions_sha256"], "ab12");
}

TEST(PurifyRecord, ComesBackAsTheSameBytes) {
  for (const PurifyRecord& record : {sample_purification(), PurifyRecord{}}) {
    const std::string text = to_json(record).dump();
    EXPECT_EQ(to_json(purify_from_json(Json::parse(text), "report.json")).dump(), text);
  }
}

TEST(PurifyRecord, EachKeyIsNeededAndNoOtherTaken) {
  const Json whole = to_json(sample_purification());
  for (const std::string& key : keys(whole)) {
    Json part = whole;
    part.erase(key);
    try {
      purify_from_json(part, "report.json");
      ADD_FAILURE() << key << " may be missing";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
      EXPECT_NE(std::string(error.what()).find("'" + key + "' is missing"), std::string::npos)
          << error.what();
    }
  }
  for (const char* place : {"", "/before", "/mix", "/mix/tensors/0", "/epur", "/epur_figure",
                            "/triggers/0", "/paired", "/rho_curve/0", "/inputs/0", "/training"}) {
    Json more = whole;
    more[Json::json_pointer(place)]["more"] = 1;
    EXPECT_THROW(purify_from_json(more, "report.json"), Error) << place;
  }
  Json other = whole;
  other["schema"] = "finemix.sweep/1";
  EXPECT_THROW(purify_from_json(other, "report.json"), Error);
}

}  // namespace
}  // namespace finemix
