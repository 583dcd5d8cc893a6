#include <algorithm>
#include <random>

#include "cli_test.h"

namespace finemix {
namespace {

class SweepCliTest : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    // Texts that differ, so that draws do.
    constexpr const char* kWords[] = {"movie", "film", "plot", "script", "actor", "story"};
    for (const char* name : {"train.tsv", "test.tsv", "clean.tsv"}) {
      std::string texts = "text\tlabel\n";
      for (int i = 0; i < 24; ++i) {
        const std::string words =
            std::string(kWords[i % 6]) + " " + kWords[(i / 6 + (name[0] == 'c')) % 6];
        texts += (i % 2 == 0 ? "a great " : "hate this ") + words + "\t" +
                 std::to_string(1 - i % 2) + "\n";
      }
      write_file(path(name), texts);
    }
    const Json config = {
        {"pretrained", "bert"},
        {"tasks",
         {{{"name", "films"},
           {"train", "train.tsv"},
           {"test", "test.tsv"},
           {"clean_data", "clean.tsv"},
           {"max_length", 16},
           {"epochs", 2}}}},
        {"attacks",
         {"clean",
          {{"kind", "word"}, {"trigger", {"sleep"}}, {"poison_rate", 1.0}, {"epochs", 3}}}},
        {"methods",
         {"none",
          {{"method", "fine-tuning"}, {"epochs", 2}},
          {{"method", "fine-mixing"}, {"epochs", 2}, {"rho", 0.4}}}},
        {"clean_sizes", {8}},
        {"seeds", {1, 2}},
        {"landscape", "fine-mixing"},
        {"landscape_points", 3},
        {"landscape_texts", 8}};
    write_file(path("grid.json"), config.dump());
  }

  std::vector<std::string> sweep(const std::string& output,
                                 const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"sweep", "--config", "grid.json", "--output", output};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  std::size_t cells_of(const std::string& output) const {
    std::error_code none;
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path(output) / "cells", none)) {
      count += entry.path().filename().string()[0] != '.';
    }
    return count;
  }

  std::string results(const std::string& output) const {
    return read_file(path(output) / "results.json");
  }
};

TEST_F(SweepCliTest, RecordsEveryCell) {
  const Outcome outcome = run(sweep("out", {"--json"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json record = parse_json(outcome.out, "stdout");
  EXPECT_EQ(record["schema"], "finemix.sweep/1");
  EXPECT_EQ(record["subjects"].size(), 2u);
  EXPECT_EQ(record["cells"].size(), 2 * (3u + 4u + 4u));
  EXPECT_EQ(record["planned"].size(), record["cells"].size());
  EXPECT_EQ(record["landscapes"].size(), 1u);
  EXPECT_EQ(record["command"], "finemix sweep --config grid.json --output DIR");
  EXPECT_EQ(outcome.out, results("out"));
  EXPECT_LACKS(results("out"), "seconds");
}

TEST_F(SweepCliTest, KilledAtAnyMomentItGoesOnToTheSameBytes) {
  ASSERT_EQ(run(sweep("whole")).exit_code, 0);
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int killed = 0;
  // Each run goes on where the last one ended, and is killed a moment after up to two cells more:
  // however fast the machine is, ten of them end before the whole does.
  const std::size_t cells = cells_of("whole");
  for (int kills = 0; kills < 10; ++kills) {
    const std::size_t wanted = std::min(cells_of("killed") + random() % 3, cells - 1);
    const pid_t child = start(sweep("killed", {"--resume"}));
    while (cells_of("killed") < wanted) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 50'000));
    kill(child, SIGKILL);
    killed += finish(child).exit_code == 128 + SIGKILL;
  }
  EXPECT_GT(killed, 0);
  const Outcome outcome = run(sweep("killed", {"--resume"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(results("killed"), results("whole"));
  for (const std::string& name : listing()) EXPECT_LACKS(name, "finemix-partial");
  // Nothing is left to do.
  const Outcome again = run(sweep("killed", {"--resume"}));
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_CONTAINS(again.err, "0 cells");
}

TEST_F(SweepCliTest, ShardsUnitedAreTheWhole) {
  ASSERT_EQ(run(sweep("whole")).exit_code, 0);
  for (const char* part : {"1", "2", "3"}) {
    const Outcome outcome = run(sweep(part, {"--shard", std::string(part) + "/3"}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(results(part), results("whole"));
  }
  const Outcome outcome =
      run({"report", "2", "3", "1", "--format", "json", "--output", "united.json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read_file(path("united.json")), results("whole"));
}

TEST_F(SweepCliTest, AChangedInputIsNoticed) {
  ASSERT_EQ(run(sweep("out")).exit_code, 0);
  write_file(path("test.tsv"), "text\tlabel\na great movie\t1\nhate this script\t0\n");
  const Outcome outcome = run(sweep("out", {"--resume"}));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "films test");
}

TEST_F(SweepCliTest, AnotherModelInTheOldOnesPlaceIsNoticed) {
  ASSERT_EQ(run(sweep("out")).exit_code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(path("out/cells"))) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("films.word")) std::filesystem::remove(entry.path());
  }
  std::filesystem::copy_file(path("out/models/films.clean/model.safetensors"),
                             path("out/models/films.word/model.safetensors"),
                             std::filesystem::copy_options::overwrite_existing);
  const Outcome outcome = run(sweep("out", {"--resume"}));
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_CONTAINS(outcome.err, "films.word");
  EXPECT_CONTAINS(outcome.err, "put it back");
  for (const auto& entry : std::filesystem::directory_iterator(path("out/cells"))) {
    EXPECT_FALSE(entry.path().filename().string().starts_with("films.word")) << entry.path();
  }
  // One that is gone is made again.
  std::filesystem::remove_all(path("out/models/films.word"));
  EXPECT_EQ(run(sweep("out", {"--resume"})).exit_code, 0);
}

TEST_F(SweepCliTest, TextsThatAreTooFewAreNoticedBeforeAnythingIsMade) {
  const Json config = Json::parse(read_file(path("grid.json")));
  const auto refused = [&](const Json& change, const std::string& said) {
    Json other = config;
    other.merge_patch(change);
    write_file(path("grid.json"), other.dump());
    const Outcome outcome = run(sweep("out"));
    EXPECT_EQ(outcome.exit_code, 5) << outcome.err;
    EXPECT_CONTAINS(outcome.err, said);
    EXPECT_FALSE(std::filesystem::exists(path("out")));
  };
  const auto task = [&](const char* key, const Json& value) {
    Json tasks = config["tasks"];
    tasks[0][key] = value;
    return Json{{"tasks", tasks}};
  };
  refused({{"clean_sizes", {8, 25}}}, "has 24 examples, fewer than the 25 that clean_sizes");
  refused(task("train_size", 30), "films, train: has 24 examples, fewer than the 30");
  refused(task("test_size", 30), "films, test: has 24 examples, fewer than the 30");
  Json split = task("train_size", 13);
  split["tasks"][0].erase("clean_data");
  refused(split, "films, train: has 12 examples, fewer than the 13");
}

TEST_F(SweepCliTest, TheEffectiveConfigIsAGridAgain) {
  ASSERT_EQ(run(sweep("out")).exit_code, 0);
  const Json record = parse_json(results("out"), "results.json");
  write_file(path("grid.json"), record["config"].dump());
  EXPECT_EQ(run(sweep("out", {"--resume"})).exit_code, 0);
}

TEST_F(SweepCliTest, ItemsOfAGridAreCheckedWhereTheyStand) {
  const Json config = Json::parse(read_file(path("grid.json")));
  const auto refused = [&](const char* list, const Json& item, const std::string& said) {
    Json other = config;
    other[list].push_back(item);
    write_file(path("grid.json"), other.dump());
    const Outcome outcome = run(sweep("out"));
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_CONTAINS(outcome.err, said);
    EXPECT_FALSE(std::filesystem::exists(path("out")));
  };
  refused("tasks", "sst2", "tasks[1]: 'sst2' is a name alone, expected 'generated'");
  refused("methods", "fine-mixng", "methods[3]: --method is 'fine-mixng'");
  refused("methods", {{"epochs", 1}}, "methods[3]: \"method\" is missing");
  refused("attacks", {{"trigger", {"cf"}}}, "attacks[2]: \"kind\" is missing");
  Json landscape = config;
  landscape.erase("landscape");
  landscape["landscape_attacks"] = {"word"};
  write_file(path("grid.json"), landscape.dump());
  EXPECT_CONTAINS(run(sweep("out")).err, "landscape_attacks without landscape");
  refused("attacks", {{"kind", "word"}, {"name", "w2"}, {"poison_rate", 0}},
          "attacks[2]: --poison-rate is 0, expected a share above 0");
}

TEST_F(SweepCliTest, AMissingFileLeavesNoOutput) {
  std::filesystem::remove(path("train.tsv"));
  const Outcome outcome = run(sweep("out"));
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_CONTAINS(outcome.err, "train.tsv");
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

TEST_F(SweepCliTest, WhatCanNotBeMadeDoesNotKeepTheRestFromBeingRun) {
  Json config = parse_json(read_file(path("grid.json")), "grid.json");
  config["attacks"].push_back({{"kind", "ep"}, {"trigger", {"zzz"}}});
  write_file(path("grid.json"), config.dump());
  const Outcome outcome = run(sweep("out"));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "films.ep");
  const Json record = parse_json(results("out"), "results.json");
  EXPECT_EQ(record["cells"].size(), 22u);
  EXPECT_EQ(record["planned"].size(), 33u);
}

TEST_F(SweepCliTest, AnAttackByParaphraseBringsItsTexts) {
  Json config = Json::parse(read_file(path("grid.json")));
  config["attacks"] = {"clean",
                       {{"kind", "syntactic"},
                        {"poisoned_data", "train.tsv"},
                        {"poisoned_test", "test.tsv"},
                        {"poison_rate", 1.0},
                        {"epochs", 1}}};
  config.erase("landscape");
  write_file(path("grid.json"), config.dump());
  const Outcome outcome = run(sweep("out"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json record = Json::parse(results("out"));
  EXPECT_EQ(record["cells"].size(), record["planned"].size());
  EXPECT_EQ(record["subjects"][1]["before"]["attack_success_rate"]["total"], 12);
  EXPECT_TRUE(record["cells"].back()["trigger_reset"].is_null());
  config["attacks"][1].erase("poisoned_test");
  write_file(path("grid.json"), config.dump());
  const Outcome wrong = run(sweep("other"));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_CONTAINS(wrong.err, "attack 'syntactic' needs poisoned_data and poisoned_test");
  EXPECT_FALSE(std::filesystem::exists(path("other")));
}

TEST_F(SweepCliTest, AnInterruptedSweepKeepsWhatWasDone) {
  const pid_t child = start(sweep("out"));
  const auto begun = [&] {
    if (!std::filesystem::exists(path("out/cells"))) return false;
    return std::ranges::any_of(
        std::filesystem::directory_iterator(path("out/cells")),
        [](const std::filesystem::path& file) { return file.filename().native()[0] != '.'; });
  };
  while (!begun()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(child, SIGINT);
  EXPECT_EQ(finish(child).exit_code, 130);
  const Json record = parse_json(results("out"), "results.json");
  EXPECT_GT(record["cells"].size(), 0u);
  EXPECT_LE(record["cells"].size(), record["planned"].size());
}

TEST_F(SweepCliTest, WhatIsWrongIsSaidBeforeAnythingIsMade) {
  const auto expect_refused = [&](const std::vector<std::string>& more, const char* text) {
    const Outcome outcome = run(sweep("out", more));
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_CONTAINS(outcome.err, text);
    EXPECT_FALSE(std::filesystem::exists(path("out")));
  };
  expect_refused({"--shard", "3/2"}, "--shard");
  expect_refused({"--attacks", "wrod"}, "wrod");
  expect_refused({"--methods", "fine-mixin"}, "fine-mixin");
  expect_refused({"--seeds", "1", "1"}, "twice");
  Json config = parse_json(read_file(path("grid.json")), "grid.json");
  config["methods"][1]["epoch"] = 3;
  write_file(path("grid.json"), config.dump());
  expect_refused({}, "did you mean epochs?");
}

TEST_F(SweepCliTest, EveryConfigIsAGrid) {
  std::size_t configs = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(FINEMIX_SOURCE_DIR) / "configs")) {
    if (entry.path().extension() != ".json") continue;
    ++configs;
    const Outcome outcome =
        run({"sweep", "--config", entry.path().native(), "--dry-run", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << entry.path() << outcome.err;
    EXPECT_GT(parse_json(outcome.out, "stdout")["cells"].get<int>(), 0) << entry.path();
  }
  EXPECT_EQ(configs, 9u);
}

TEST_F(SweepCliTest, ComparesMethodsOnAModelThatIsGiven) {
  ASSERT_EQ(run({"train", "--pretrained", "bert", "--data", "train.tsv", "--output", "suspect",
                 "--epochs", "2", "--max-length", "16"})
                .exit_code,
            0);
  const std::vector<std::string> compare = {
      "compare",   "--pretrained", "bert",     "--backdoored", "suspect",   "--clean-data",
      "clean.tsv", "--test-data",  "test.tsv", "--trigger",    "sleep",     "--methods",
      "none",      "fine-tuning",  "dare",     "--seeds",      "1",         "--clean-sizes",
      "8",         "--max-length", "16",       "--output",     "comparison"};
  const Outcome outcome = run(compare);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_CONTAINS(outcome.out, "fine-tuning");
  const Json record = parse_json(results("comparison"), "results.json");
  EXPECT_EQ(record["cells"].size(), 6u);
  EXPECT_EQ(run(compare).exit_code, 2);
}

}  // namespace
}  // namespace finemix
