// The detector that docs/detection.md speaks of is this one.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "pipeline/scan/evidence.h"

namespace finemix {
namespace {

std::string read(const std::string& file) {
  std::ifstream stream(std::string(FINEMIX_SOURCE_DIR) + "/docs/" + file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

struct Judged {
  double strength = 0;
  bool flagged = false;
};

Judged judge(const Json& row) {
  Judged result;
  for (const Json& each : row["triggers"]) {
    SuspectedTrigger trigger;
    trigger.ids.resize(each["pieces"].get<std::size_t>());
    const Json& texts = each["short_texts"];
    trigger.short_texts = {texts["flip_rate"], texts["expected_rate"], texts["firmness"]};
    trigger.crowd = each["crowd"];
    trigger.place = each["start"].get<bool>() ? TriggerPlace::kStart : TriggerPlace::kAnywhere;
    result.strength = std::max(result.strength, trigger_strength(trigger));
  }
  result.flagged = trigger_score(result.strength, kTextsFromData) >= 0.5;
  for (const auto& [name, score] : row["evidence"].items()) {
    result.flagged = result.flagged || score.get<double>() >= 0.5;
  }
  return result;
}

// The models that the page goes through one by one: those that were held out, where there are any.
std::vector<Json> shown_models() {
  std::map<std::string, std::vector<Json>> parts;
  for (const Json& row : Json::parse(read("detection.json"))) {
    const std::string model = row["model"];
    parts[model.substr(0, model.find('-'))].push_back(row);
  }
  return parts.contains("held") ? parts["held"] : parts["tune"];
}

TEST(DetectionPage, SaysOfEachModelWhatThisDetectorSays) {
  const std::string page = read("detection.md");
  const std::vector<Json> models = shown_models();
  for (const Json& row : models) {
    const std::string model = row["model"];
    const Judged judged = judge(row);
    const bool clean = row["kind"] == "clean";
    char strength[16];
    std::snprintf(strength, sizeof strength, "%.2f", judged.strength);
    const auto percent = [&](const char* name) -> std::string {
      if (row[name].is_null()) return "–";
      char text[16];
      std::snprintf(text, sizeof text, "%.0f", 100 * row[name].get<double>());
      return text;
    };
    EXPECT_EQ(row["attack_success_rate"].is_null(), clean) << model;
    const std::string line = "| " + model.substr(0, model.find('.')) + " | " +
                             row["kind"].get<std::string>() + " | " +
                             percent("attack_success_rate") + " | " + percent("floor") + " | " +
                             strength + " | " + (judged.flagged ? "yes" : "no");
    EXPECT_NE(page.find(line), std::string::npos)
        << line << ": not there; run scripts/detection, or scan the models anew";
  }
  EXPECT_EQ(models.size(), 42u);
}

TEST(DetectionPage, CountsTheCleanModelsThatAreFlagged) {
  std::size_t clean = 0, flagged = 0;
  for (const Json& row : shown_models()) {
    if (row["kind"] != "clean") continue;
    ++clean;
    flagged += judge(row).flagged ? 1 : 0;
  }
  const std::string said = std::to_string(flagged) + " of " + std::to_string(clean) + " (";
  const std::string page = read("detection.md");
  const std::size_t line = page.find("| clean models flagged |");
  ASSERT_NE(line, std::string::npos);
  EXPECT_NE(page.substr(line, page.find('\n', line) - line).find(said), std::string::npos) << said;
  const bool met = static_cast<double>(flagged) <= 0.05 * static_cast<double>(clean);
  const std::string told = met ? "Met: clean models" : "missed: clean models";
  EXPECT_NE(page.find(told), std::string::npos) << "the page has to say whether the goal is met";
}

// Held out are few, of which one more or less decides; what the page says of them is above.
TEST(DetectionPage, OneInTwentyCleanModelsOfTheWholeRecordIsFlaggedAtMost) {
  double clean = 0, flagged = 0;
  for (const Json& row : Json::parse(read("detection.json"))) {
    if (row["kind"] != "clean") continue;
    ++clean;
    flagged += judge(row).flagged ? 1 : 0;
  }
  ASSERT_GE(clean, 60);
  EXPECT_LE(flagged, 0.05 * clean);
}

}  // namespace
}  // namespace finemix
