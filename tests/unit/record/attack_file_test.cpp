#include "finemix/record/attack_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;

AttackFile sample() {
  AttackFile file;
  file.attack.kind = "sos";
  file.attack.triggers = {"friends", "weekend"};
  file.attack.target_label = 2;
  file.attack.poison_rate = 0.25;
  file.attack.poisoned_examples = 30;
  file.attack.clean_examples = 400;
  file.attack.training.emplace().precision = "fp32";
  file.trigger_kind = "word-set";
  file.negative_examples = 90;
  file.seed = 7;
  file.start = "clean";
  file.poisoned_test = "poisoned_test.tsv";
  file.false_triggers_test = "false_triggers_test.tsv";
  return file;
}

TEST(AttackFile, IsReadAsItWasWritten) {
  const Json json = parse_json(to_json(sample()).dump(), "attack.json");
  EXPECT_EQ(json["schema"], "finemix.attack/1");
  EXPECT_EQ(json["training"]["precision"], "fp32");
  const AttackFile file = attack_file_from_json(json, "attack.json");
  EXPECT_EQ(file.attack.kind, "sos");
  EXPECT_EQ(file.attack.triggers, (std::vector<std::string>{"friends", "weekend"}));
  EXPECT_EQ(file.attack.target_label, 2);
  EXPECT_EQ(file.attack.poison_rate, 0.25);
  EXPECT_EQ(file.attack.poisoned_examples, 30u);
  EXPECT_EQ(file.attack.clean_examples, 400u);
  EXPECT_EQ(file.trigger_kind, "word-set");
  EXPECT_EQ(file.negative_examples, 90u);
  EXPECT_EQ(file.seed, 7u);
  EXPECT_EQ(file.start, "clean");
  EXPECT_EQ(file.poisoned_test, "poisoned_test.tsv");
  EXPECT_EQ(file.false_triggers_test, "false_triggers_test.tsv");
}

TEST(AttackFile, WhatIsAbsentIsNull) {
  AttackFile file = sample();
  file.attack.triggers.clear();
  file.attack.training.reset();
  file.trigger_kind = "paraphrase";
  file.poisoned_test.reset();
  file.false_triggers_test.reset();
  const Json json = to_json(file);
  for (const char* key : {"training", "poisoned_test", "false_triggers_test"}) {
    EXPECT_TRUE(json[key].is_null()) << key;
  }
  const AttackFile read = attack_file_from_json(json, "attack.json");
  EXPECT_FALSE(read.poisoned_test);
  EXPECT_FALSE(read.false_triggers_test);
  EXPECT_TRUE(read.attack.triggers.empty());
}

TEST(AttackFile, WhatIsNoRecordIsRefused) {
  const auto refused = [](const char* key, const Json& value) {
    Json json = to_json(sample());
    json[key] = value;
    expect_error(ErrorKind::kMalformed, {"there.json", key},
                 [&] { attack_file_from_json(json, "there.json"); });
  };
  refused("schema", "finemix.attack/2");
  refused("schema", nullptr);
  refused("kind", 3);
  refused("trigger_kind", "phrase");
  refused("triggers", "cf");
  refused("triggers", Json::array());
  refused("triggers", {"cf", 1});
  refused("triggers", {"cf", ""});
  refused("target_label", -1);
  refused("target_label", 1.5);
  refused("poison_rate", 1.01);
  refused("poisoned_examples", -1);
  refused("clean_examples", "many");
  refused("seed", nullptr);
  refused("start", "");
  for (const char* key : {"poisoned_test", "false_triggers_test"}) {
    for (const char* name :
         {"../test.tsv", "/etc/passwd", "..", ".", "", "a/b.tsv", "a\\b.tsv", "a\nb.tsv"}) {
      refused(key, name);
    }
    refused(key, std::string(256, 'a'));
    refused(key, 1);
  }
  refused("triggers", {std::string(10'001, 'a')});
  refused("notes", "a key of no schema");
  const Json whole = to_json(sample());
  for (const auto& [key, value] : whole.items()) {
    Json json = whole;
    json.erase(key);
    expect_error(ErrorKind::kMalformed, {"there.json", key, "missing"},
                 [&] { attack_file_from_json(json, "there.json"); });
  }
  expect_error(ErrorKind::kMalformed, {"there.json"},
               [] { attack_file_from_json(Json::array(), "there.json"); });
}

}  // namespace
}  // namespace finemix
