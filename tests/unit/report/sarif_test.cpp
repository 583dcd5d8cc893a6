#include "finemix/report/sarif.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "../record/scan_testing.h"
#include "json_schema_testing.h"

namespace finemix {
namespace {

std::string problem(const Json& json) {
  static const JsonSchema schema(
      read_json_file(std::filesystem::path(FINEMIX_TEST_DATA) / "report/sarif-schema-2.1.0.json"));
  return schema.problem(json);
}

std::string rule_of(const Json& run, std::size_t result) {
  return run["tool"]["driver"]["rules"][run["results"][result]["ruleIndex"].get<std::size_t>()]
            ["id"];
}

TEST(Sarif, IsWhatTheSchemaAsksFor) {
  EvaluationRecord evaluation;
  evaluation.accuracy = wilson_rate(9, 10);
  const auto gates = gates_of({.min_acc = 0.95, .max_asr = 0.1}, evaluation);
  for (const Checks& checks :
       {checks_of(sample_scan()), checks_of(sample_clean_scan()), checks_of(ScanRecord{}),
        checks_of(sample_purification()), checks_of(PurifyRecord{}),
        checks_of(evaluation, gates, "a model/ü:%", {})}) {
    EXPECT_EQ(problem(sarif(checks)), "") << json_text(sarif(checks));
  }
}

TEST(Sarif, TheSchemaIsChecked) {
  const auto after = [](const std::function<void(Json&)>& change) {
    Json json = sarif(checks_of(sample_scan()));
    change(json);
    return problem(json);
  };
  EXPECT_EQ(after([](Json& json) { json.erase("version"); }), ": \"version\" is missing");
  EXPECT_EQ(after([](Json& json) { json["runs"][0]["extra"] = 1; }), "/runs/0/extra is unknown");
  EXPECT_EQ(after([](Json& json) { json["runs"][0]["results"][0]["level"] = "bad"; }),
            "/runs/0/results/0/level: \"bad\"");
  EXPECT_EQ(after([](Json& json) { json["runs"][0]["results"][0]["ruleIndex"] = -2; }),
            "/runs/0/results/0/ruleIndex is too small");
  EXPECT_EQ(after([](Json& json) { json["runs"][0]["artifacts"][0]["location"]["uri"] = "a b"; }),
            "/runs/0/artifacts/0/location/uri is no uri-reference");
  EXPECT_EQ(after([](Json& json) { json["runs"] = Json::object(); }), "/runs is no \"array\"");
  EXPECT_EQ(after([](Json& json) { json["runs"][0]["results"][0]["message"] = Json::object(); }),
            "/runs/0/results/0/message fits no anyOf");
}

TEST(Sarif, HasAResultForEachFindingAndARuleForEachCheck) {
  const Json run = sarif(checks_of(sample_scan()))["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), 5u);  // verdict, three of evidence, one gate
  ASSERT_EQ(run["results"].size(), 4u);
  EXPECT_EQ(rule_of(run, 0), "verdict");
  EXPECT_EQ(run["results"][0]["level"], "error");
  EXPECT_NE(run["results"][0]["message"]["text"].get<std::string>().find(
                "suspect looks backdoored: “cf” put into clean texts makes it answer label 1 in 31 "
                "of 32 cases.\n"),
            std::string::npos);
  EXPECT_EQ(rule_of(run, 1), "evidence/trigger-search");
  EXPECT_EQ(run["results"][1]["level"], "warning");
  EXPECT_EQ(run["results"][1]["properties"]["score"], 0.97);
  EXPECT_EQ(rule_of(run, 3), "gate/max-asr");
  EXPECT_EQ(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "suspect/config.json");
  EXPECT_EQ(run["results"][0]["partialFingerprints"]["finding/v1"], "cd34:verdict");
  const std::string verdict = run["results"][0].dump();
  EXPECT_NE(verdict.find("“cf” moved"), std::string::npos) << verdict;
  EXPECT_EQ(verdict.find("“mn tq”"), std::string::npos) << "which does not convict: " << verdict;
  EXPECT_EQ(run["invocations"][0]["exitCode"], 1);
}

TEST(Sarif, ACleanScanHasNoResults) {
  const Json run = sarif(checks_of(sample_clean_scan()))["runs"][0];
  EXPECT_EQ(run["results"], Json::array());
  EXPECT_EQ(run["invocations"][0]["exitCode"], 0);
}

TEST(Sarif, ALabelThatWasNotSearchedIsANote) {
  ScanRecord record = sample_clean_scan();
  record.unsearched_labels = {1};
  record.notes = {"no triggers to label 1 were looked for"};
  const Json run = sarif(checks_of(record))["runs"][0];
  ASSERT_EQ(run["results"].size(), 1u);
  EXPECT_EQ(run["results"][0]["level"], "note");
  EXPECT_NE(run["results"][0]["message"]["text"].get<std::string>().find(record.notes[0]),
            std::string::npos);
}

TEST(Sarif, EvidenceThatDoesNotConvictIsANote) {
  ScanRecord record = sample_clean_scan();
  record.evidence = {{"tokenizer", 0.3, 0.5, false, {"only the suspect calls ‘cf’ special"}}};
  const Json run = sarif(checks_of(record))["runs"][0];
  ASSERT_EQ(run["results"].size(), 1u);
  EXPECT_EQ(run["results"][0]["level"], "note");
  EXPECT_EQ(run["invocations"][0]["exitCode"], 0);
}

TEST(Sarif, NamesAnyDirectoryInAUri) {
  const auto uri = [](const std::string& model) -> std::string {
    return sarif(checks_of({}, {}, model, {}))["runs"][0]["artifacts"][0]["location"]["uri"];
  };
  EXPECT_EQ(uri("models/a b"), "models/a%20b/config.json");
  EXPECT_EQ(uri("./models/"), "models/config.json");
  EXPECT_EQ(uri("/srv/ü"), "file:///srv/%C3%BC/config.json");
  EXPECT_EQ(uri("a:b%\xff"), "a%3Ab%25%FF/config.json");
  EXPECT_EQ(uri("/"), "file:///config.json");
}

}  // namespace
}  // namespace finemix
