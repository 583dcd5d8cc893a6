#include "cli_test.h"

namespace finemix {
namespace {

class Gates : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    ASSERT_NO_FATAL_FAILURE(train_suspect());
  }

  Outcome purify(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {
        "purify",    "--pretrained", "bert",     "--backdoored", "suspect",     "--clean-data",
        "clean.tsv", "--output",     "purified", "--method",     "fine-tuning", "--epochs",
        "1",         "--no-epur",    "--quiet",  "--max-length", "32"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  Outcome eval(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"eval",     "--model", "suspect",      "--data",
                                      "test.tsv", "--quiet", "--max-length", "32"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }
};

TEST_F(Gates, AModelThatKeepsThemIsWritten) {
  const Outcome outcome =
      purify({"--test-data", "test.tsv", "--min-acc", "0.9", "--max-acc-drop", "5", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json record = Json::parse(outcome.out);
  ASSERT_EQ(record["gates"].size(), 2u);
  EXPECT_EQ(record["gates"][0]["passed"], true);
  EXPECT_EQ(record["gates"][1]["name"], "max-acc-drop");
  EXPECT_EQ(Json::parse(read_file(path("purified/report.json")))["gates"], record["gates"]);
}

TEST_F(Gates, AModelThatFailsOneIsNotWrittenAndTheRecordIs) {
  // A trigger that the data has in no text flips at least those that are of label 0 already.
  const std::vector<std::string> gates = {
      "--test-data", "test.tsv",   "--trigger", "great",          "--min-acc",
      "0.5",         "--max-asr",  "0",         "--target-label", "0",
      "--junit",     "purify.xml", "--sarif",   "purify.sarif",   "--summary",
      "purify.md"};
  write_file(path("test.tsv"), "text\tlabel\na great movie\t1\nhate this script\t1\n");
  std::vector<std::string> json = gates;
  json.push_back("--json");
  const Outcome outcome = purify(json);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_FALSE(exists("purified"));
  for (const std::string& name : listing()) EXPECT_FALSE(name.starts_with(".purified")) << name;
  const Json record = Json::parse(outcome.out);
  EXPECT_EQ(record["gates"][1]["name"], "max-asr");
  EXPECT_EQ(record["gates"][1]["passed"], false);
  EXPECT_CONTAINS(read_file(path("purify.xml")), "<failure type=\"gate/max-asr\"");
  EXPECT_CONTAINS(read_file(path("purify.sarif")), "\"suspect/config.json\"");
  EXPECT_CONTAINS(read_file(path("purify.md")), "## finemix purify: 1 gate failed");
  // The record on stdout gives what the output would have held.
  write_file(path("purify.json"), outcome.out);
  EXPECT_EQ(run({"report", "purify.json", "--output", "page.html"}).exit_code, 0);

  std::vector<std::string> keep = gates;
  keep.insert(keep.end(), {"--keep-failed", "--overwrite"});
  const Outcome kept = purify(keep);
  EXPECT_EQ(kept.exit_code, 1) << kept.err;
  EXPECT_CONTAINS(kept.out, "--max-asr  failed");
  EXPECT_CONTAINS(kept.out, "Written to purified");
  EXPECT_EQ(run({"verify", "purified"}).exit_code, 0);
}

TEST_F(Gates, SayWhatIsNotWritten) {
  write_file(path("test.tsv"), "text\tlabel\na great movie\t0\nhate this script\t1\n");
  const Outcome outcome = purify({"--test-data", "test.tsv", "--min-acc", "1"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_CONTAINS(outcome.out, "Not written, since a gate failed; --keep-failed");
}

TEST_F(Gates, ThatCannotBeMeasuredAreRefusedBeforeTheWork) {
  const Outcome outcome = purify({"--min-acc", "0.5"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "--min-acc can't be told without labelled texts");
  const Outcome drop = purify({"--max-acc-drop", "5"});
  EXPECT_EQ(drop.exit_code, 2);
  EXPECT_CONTAINS(drop.err, "--max-acc-drop can't be told");
  EXPECT_EQ(purify({"--min-acc", "90"}).exit_code, 2);
  // A method without a reserve ratio has none to hold texts out for.
  EXPECT_EQ(purify({"--min-acc", "0.5", "--rho", "auto", "--method", "fine-tuning"}).exit_code, 2);
  const Outcome named = purify({"--max-asr", "0.1", "--trigger", "great"});
  EXPECT_EQ(named.exit_code, 2);
  EXPECT_CONTAINS(named.err, "of the attack that was named can't be told");
  const Outcome neither = purify({"--max-asr", "0.1", "--no-estimate"});
  EXPECT_EQ(neither.exit_code, 2);
  EXPECT_CONTAINS(neither.err, "--max-asr can't be told with --no-estimate");
  EXPECT_EQ(purify({"--learning-rate", "0"}).exit_code, 2);
}

TEST_F(Gates, HoldAnEvaluationToo) {
  const Outcome kept = eval({"--min-acc", "0.9", "--json"});
  EXPECT_EQ(kept.exit_code, 0) << kept.err;
  EXPECT_EQ(Json::parse(kept.out)["gates"][0]["passed"], true);
  EXPECT_EQ(Json::parse(eval({"--json"}).out)["gates"], Json::array());
  write_file(path("test.tsv"), "text\tlabel\na great movie\t0\nhate this script\t1\n");
  const Outcome failed = eval({"--min-acc", "0.9", "--max-asr", "0.2", "--junit", "eval.xml",
                               "--sarif", "eval.sarif", "--summary", "eval.md"});
  EXPECT_EQ(failed.exit_code, 1) << failed.err;
  EXPECT_CONTAINS(failed.out, "--min-acc  failed  accuracy is 0 %");
  EXPECT_CONTAINS(failed.out, "--max-asr  failed  attack success was not measured");
  EXPECT_CONTAINS(read_file(path("eval.xml")), "tests=\"3\" failures=\"2\"");
  EXPECT_CONTAINS(read_file(path("eval.sarif")), "\"gate/min-acc\"");
  EXPECT_CONTAINS(read_file(path("eval.md")), "## finemix eval: 2 gates failed");
}

TEST_F(Gates, FilesForContinuousIntegrationReplaceNothingUnasked) {
  write_file(path("eval.xml"), "mine");
  const Outcome refused = eval({"--junit", "eval.xml"});
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_EQ(read_file(path("eval.xml")), "mine");
  EXPECT_EQ(eval({"--junit", "eval.xml", "--overwrite"}).exit_code, 0);
  EXPECT_CONTAINS(read_file(path("eval.xml")), "<testsuites");
  const Outcome input = eval({"--summary", "test.tsv", "--overwrite"});
  EXPECT_EQ(input.exit_code, 2);
  EXPECT_CONTAINS(input.err, "is an input too");
  EXPECT_EQ(eval({"--sarif", "nowhere/eval.sarif"}).exit_code, 3);
  const Outcome twice = eval({"--predictions", "p.jsonl", "--junit", "./p.jsonl"});
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_CONTAINS(twice.err, "is asked for twice");
  const Outcome inside = purify({"--summary", "purified/summary.md"});
  EXPECT_EQ(inside.exit_code, 2);
  EXPECT_CONTAINS(inside.err, "lies in the output");
  EXPECT_FALSE(exists("purified"));
}

}  // namespace
}  // namespace finemix
