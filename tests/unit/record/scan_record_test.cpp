#include "finemix/record/scan_record.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "finemix/core/error.h"
#include "json_testing.h"
#include "scan_testing.h"

namespace finemix {
namespace {

TEST(ScanRecord, HasThePublishedSchemaInAFixedOrder) {
  const Json json = to_json(sample_scan());
  EXPECT_EQ(keys(json), (Names{"schema",
                               "version",
                               "verdict",
                               "score",
                               "threshold",
                               "triggers",
                               "estimated_asr",
                               "candidates",
                               "texts",
                               "text_source",
                               "unsearched_labels",
                               "evidence",
                               "epur_rows",
                               "epur_figure",
                               "drift",
                               "gates",
                               "inputs",
                               "command",
                               "config",
                               "seconds",
                               "notes"}));
  EXPECT_EQ(json["schema"], "finemix.scan/1");
  EXPECT_EQ(json["verdict"], "suspicious");
  EXPECT_EQ(to_json(sample_clean_scan())["verdict"], "clean");
  EXPECT_EQ(json["triggers"][0]["text"], "cf");
  EXPECT_EQ(json["triggers"][0]["target_label"], 1);
  EXPECT_EQ(json["triggers"][0]["flip_rate"]["value"], 31.0 / 32);
  EXPECT_EQ(json["triggers"][1]["ids"], Json::array({7, 9}));
  EXPECT_EQ(json["estimated_asr"]["low"], 0.78);
  EXPECT_EQ(keys(json["evidence"][0]),
            (Names{"name", "score", "threshold", "suspicious", "findings"}));
  EXPECT_EQ(keys(json["drift"][0]), (Names{"name", "relative", "changed"}));
  EXPECT_EQ(json["gates"][0]["name"], "max-asr");
}

TEST(ScanRecord, HasNullForWhatWasNotFound) {
  const Json json = to_json(ScanRecord{});
  EXPECT_TRUE(json["estimated_asr"].is_null());
  EXPECT_TRUE(json["epur_figure"].is_null());
}

TEST(ScanRecord, ComesBackAsTheSameBytes) {
  ScanRecord named = sample_scan();
  named.triggers[0].pair_text = PairText::kFirst;
  named.triggers[1].pair_text = PairText::kSecond;
  named.triggers[1].whole_word = "mnemonic";
  for (const ScanRecord& record : {sample_scan(), named, sample_clean_scan(), ScanRecord{}}) {
    const std::string text = to_json(record).dump();
    EXPECT_EQ(to_json(scan_from_json(Json::parse(text), "scan.json")).dump(), text);
  }
}

// What reading the sample is refused with, after `change` was done to it.
std::string refusal(const std::function<void(Json&)>& change) {
  Json json = to_json(sample_scan());
  change(json);
  try {
    scan_from_json(json, "scan.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    return error.what();
  }
  return "nothing";
}

TEST(ScanRecord, EachKeyIsNeededAndNoOtherTaken) {
  const Json whole = to_json(sample_scan());
  for (const char* place :
       {"", "/triggers/0", "/triggers/0/short_texts", "/triggers/0/examples/0", "/estimated_asr",
        "/evidence/0", "/epur_rows/0", "/epur_figure", "/drift/0", "/gates/0", "/inputs/0"}) {
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

TEST(ScanRecord, WhatCannotBeIsRefused) {
  const auto expect = [&](const char* place, const Json& value, const char* part) {
    const std::string said = refusal([&](Json& json) { json[Json::json_pointer(place)] = value; });
    EXPECT_NE(said.find(part), std::string::npos) << place << " " << value << ": " << said;
  };
  expect("/schema", "finemix.purify/1", "expected \"finemix.scan/1\"");
  expect("/verdict", "fine", "'verdict' is \"fine\", expected clean or suspicious");
  expect("/verdict", "clean", "expected what 'score' and 'threshold' say");
  expect("/score", 1.5, "'score' is 1.5, expected a number from 0");
  expect("/evidence/0/suspicious", false, "expected what 'score' and 'threshold' say");
  expect("/estimated_asr/low", 0.99, "expected at most 'value'");
  expect("/estimated_asr/value", 0.9, "expected 'correct' / 'total'");
  expect("/triggers/0/flip_rate/low", 0.1, "expected the Wilson interval's lower end");
  expect("/triggers/0/ids", Json::array({-1}), "expected integers from 0 in it");
  expect("/triggers/0/place", "end", "expected anywhere or start");
  expect("/triggers/0/pair_text", "third", "expected first, second or null");
  expect("/triggers/0/score", 2, "expected a number from 0");
  expect("/triggers/0/short_texts/firmness", 1.5, "expected a number from -1");
  expect("/triggers/0/examples/0/confidence_after", -0.1, "expected a number from 0");
  expect("/drift/0/changed", 1.1, "expected a number from 0");
  expect("/text_source", "web", "expected data, vocabulary or nothing");
  expect("/config", Json::array(), "expected an object");
}

}  // namespace
}  // namespace finemix
