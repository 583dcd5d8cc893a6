#include <random>

#include "cli_test.h"

namespace finemix {
namespace {

class SweepCliTest : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
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
  EXPECT_EQ(record["cells"].size(), 2 * (2u + 4u + 4u));
  EXPECT_EQ(record["planned"].size(), record["cells"].size());
  EXPECT_EQ(record["landscapes"].size(), 1u);
  EXPECT_EQ(record["command"], "finemix sweep --config grid.json");
  EXPECT_EQ(outcome.out, results("out"));
  EXPECT_LACKS(results("out"), "seconds");
}

TEST_F(SweepCliTest, KilledAtAnyMomentItGoesOnToTheSameBytes) {
  ASSERT_EQ(run(sweep("whole")).exit_code, 0);
  std::mt19937 random(std::random_device{}());
  for (int kills = 0; kills < 10; ++kills) {
    const pid_t child = start(sweep("killed", {"--resume"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 900));
    kill(child, SIGKILL);
    finish(child);
  }
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
  ASSERT_EQ(run(sweep("a", {"--shard", "1/2"})).exit_code, 0);
  ASSERT_EQ(run(sweep("b", {"--shard", "2/2"})).exit_code, 0);
  EXPECT_NE(results("a"), results("b"));
  const Outcome outcome = run({"report", "b", "a", "--format", "json", "--output", "united.json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read_file(path("united.json")), results("whole"));
}

TEST_F(SweepCliTest, AnInterruptedSweepKeepsWhatWasDone) {
  const pid_t child = start(sweep("out"));
  while (!std::filesystem::exists(path("out/cells")) ||
         std::filesystem::is_empty(path("out/cells"))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
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
