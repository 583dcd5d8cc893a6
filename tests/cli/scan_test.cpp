#include "cli_test.h"

namespace finemix {
namespace {

class ScanVerb : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    ASSERT_NO_FATAL_FAILURE(train_suspect());
  }

  Outcome scan(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"scan",    "--pretrained", "bert", "--backdoored", "suspect",
                                      "--quiet", "--max-length", "32",   "--twin-texts", "200"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
};

TEST_F(ScanVerb, SaysItsVerdictByTheExitCodeAndInJson) {
  const std::string before = read_file(path("suspect/model.safetensors"));
  const Outcome outcome = scan({"--data", "train.tsv", "--json"});
  ASSERT_LE(outcome.exit_code, 1) << outcome.err;
  const Json record = Json::parse(outcome.out);
  EXPECT_EQ(record["verdict"], outcome.exit_code == 0 ? "clean" : "suspicious");
  for (const char* name : {"score", "threshold", "triggers", "estimated_asr", "evidence"}) {
    EXPECT_TRUE(record.contains(name)) << name;
  }
  for (const Json& trigger : record["triggers"]) {
    EXPECT_TRUE(trigger["text"].is_string() && trigger["target_label"].is_number_integer());
    EXPECT_TRUE(trigger["flip_rate"]["value"].is_number());
  }
  EXPECT_EQ(record["text_source"], "data");
  EXPECT_EQ(read_file(path("suspect/model.safetensors")), before);
}

TEST_F(ScanVerb, TakesTextsWithoutLabelsOrNone) {
  std::string plain = "text\n";
  for (int i = 0; i < 8; ++i) plain += "a great movie\nhate this script\n";
  write_file(path("plain.tsv"), plain);
  const Outcome unlabelled = scan({"--data", "plain.tsv", "--json"});
  ASSERT_LE(unlabelled.exit_code, 1) << unlabelled.err;
  EXPECT_GT(Json::parse(unlabelled.out)["candidates"], 100);
  const Outcome made = scan({"--json"});
  ASSERT_LE(made.exit_code, 1) << made.err;
  EXPECT_EQ(Json::parse(made.out)["text_source"], "vocabulary");
}

TEST_F(ScanVerb, OnlyARowThatMovedAloneConvictsByItself) {
  const Outcome attacked = run({"attack", "--kind", "ep", "--trigger", "sleep", "--model", "bert",
                                "--data", "train.tsv", "--output", "ep", "--epochs", "3",
                                "--learning-rate", "0.5", "--max-length", "32", "--quiet"});
  ASSERT_EQ(attacked.exit_code, 0) << attacked.err;
  const Outcome outcome = run({"scan", "--pretrained", "bert", "--backdoored", "ep", "--data",
                               "train.tsv", "--max-length", "32", "--quiet"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.out << outcome.err;
  EXPECT_CONTAINS(outcome.out, "only 1 of 175 word embeddings have moved");
}

// "clean" would say nothing there.
TEST_F(ScanVerb, TooFewTextsToTellAnythingAreRefused) {
  write_file(path("few.tsv"), "text\na great movie\nhate this script\n");
  const Outcome few = scan({"--data", "few.tsv"});
  EXPECT_EQ(few.exit_code, 2);
  EXPECT_CONTAINS(few.err, "2 texts are too few to look for triggers");
  // Enough for one label.
  std::string one = "text\tlabel\nhate this script\t0\n";
  for (int i = 0; i < 8; ++i) one += "a great movie\t1\n";
  write_file(path("one.tsv"), one);
  const Outcome half = scan({"--data", "one.tsv", "--json"});
  ASSERT_LE(half.exit_code, 1) << half.err;
  EXPECT_CONTAINS(half.out, "no triggers to label 1 were looked for");
}

TEST_F(ScanVerb, AWordThatTheSuspectCallsSpecialIsNotHidden) {
  const Outcome attacked = run({"attack", "--kind", "ep", "--trigger", "sleep", "--model", "bert",
                                "--data", "train.tsv", "--output", "ep", "--epochs", "3",
                                "--learning-rate", "0.5", "--max-length", "32", "--quiet"});
  ASSERT_EQ(attacked.exit_code, 0) << attacked.err;
  write_file(path("ep/special_tokens_map.json"), R"({"additional_special_tokens": ["sleep"]})");
  const Outcome outcome = run({"scan", "--pretrained", "bert", "--backdoored", "ep", "--data",
                               "train.tsv", "--max-length", "32", "--quiet", "--json"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.out << outcome.err;
  EXPECT_CONTAINS(outcome.out, "only 1 of 175 word embeddings have moved");
  EXPECT_CONTAINS(outcome.out, "'sleep' is a special token of the suspect's only");
}

TEST_F(ScanVerb, NoInputIsReplacedByWhatItWrites) {
  const std::string before = read_file(path("train.tsv"));
  const Outcome outcome =
      scan({"--count-text", "train.tsv", "--summary", "train.tsv", "--overwrite"});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(read_file(path("train.tsv")), before);
}

TEST_F(ScanVerb, WhatIsWrongWithItsInputsIsSaid) {
  EXPECT_EQ(run({"scan", "--backdoored", "suspect"}).exit_code, 2);
  EXPECT_EQ(scan({"--data", "nothing.tsv"}).exit_code, 3);
  write_file(path("labels.tsv"), "text\tlabel\na great movie\t7\n");
  EXPECT_EQ(scan({"--data", "labels.tsv"}).exit_code, 5);
}

}  // namespace
}  // namespace finemix
