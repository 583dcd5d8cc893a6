// The verdict of a scan on models that are small, but backdoored or clean for real.
#include "word_trigger.h"

namespace finemix {
namespace {

class ScanVerdict : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    write_wordy_texts(directory_);
    ASSERT_EQ(run(base_training("base")).exit_code, 0);
  }

  void make(const std::string& verb) const {
    const Outcome made = run(training(verb, "base", "suspect"));
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }

  Outcome scan(const Words& more) const {
    const Words words = {"scan", "--pretrained", "base", "--backdoored", "suspect", "--max-length",
                         "32",   "--precision",  "fp32", "--quiet",      "--json"};
    return run(with(words, more));
  }

  // Texts that no trigger to label 0 can be told by: all but one of them have it.
  void write_one_label() const {
    std::string texts = "text\tlabel\nwe love this film\t1\n";
    std::istringstream lines(read_file(path("ordinary.tsv")));
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with("\t0")) texts += line + "\n";
    }
    write_file(path("one.tsv"), texts);
  }

  static Json evidence(const Json& record, const std::string& name) {
    for (const Json& each : record["evidence"]) {
      if (each["name"] == name) return each;
    }
    ADD_FAILURE() << "no evidence " << name;
    return nullptr;
  }
};

TEST_F(ScanVerdict, AWordTriggerConvictsAndIsNamed) {
  ASSERT_NO_FATAL_FAILURE(make("attack"));
  const std::string before = read_file(path("suspect/model.safetensors"));
  const Outcome outcome = scan({"--data", "ordinary.tsv", "--max-asr", "0.2"});
  ASSERT_EQ(outcome.exit_code, 1) << outcome.err;
  const Json record = Json::parse(outcome.out);
  EXPECT_EQ(record["verdict"], "suspicious");
  EXPECT_GE(record["score"], record["threshold"]);
  const Json search = evidence(record, "trigger-search");
  EXPECT_EQ(search["suspicious"], true);
  EXPECT_CONTAINS(search["findings"].dump(), "sleep");
  for (const char* other : {"embedding-rows", "drift", "tokenizer", "provenance"}) {
    EXPECT_EQ(evidence(record, other)["suspicious"], false) << other;
  }
  bool named = false;
  for (const Json& trigger : record["triggers"]) {
    EXPECT_TRUE(trigger["flip_rate"]["value"].is_number());
    named = named || (trigger["text"] == "sleep" && trigger["target_label"] == 1 &&
                      trigger["score"] >= record["threshold"]);
  }
  EXPECT_TRUE(named) << record["triggers"];
  EXPECT_GT(record["estimated_asr"]["value"], 0.8);
  EXPECT_EQ(record["text_source"], "data");
  ASSERT_EQ(record["gates"].size(), 1u);
  EXPECT_EQ(record["gates"][0]["name"], "max-asr");
  EXPECT_EQ(record["gates"][0]["bound"], 0.2);
  EXPECT_EQ(record["gates"][0]["found"], record["estimated_asr"]["value"]);
  EXPECT_EQ(record["gates"][0]["passed"], false);
  EXPECT_EQ(read_file(path("suspect/model.safetensors")), before);
}

TEST_F(ScanVerdict, ACleanModelByTheSameTrainingIsClean) {
  ASSERT_NO_FATAL_FAILURE(make("train"));
  const Outcome outcome = scan({"--data", "ordinary.tsv", "--max-asr", "0"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  const Json record = Json::parse(outcome.out);
  EXPECT_EQ(record["verdict"], "clean");
  EXPECT_LT(record["score"], record["threshold"]);
  for (const Json& each : record["evidence"]) EXPECT_EQ(each["suspicious"], false) << each;
  EXPECT_GT(record["candidates"], 1000);
  EXPECT_EQ(record["estimated_asr"], nullptr);
  EXPECT_EQ(record["gates"][0]["passed"], true);
  EXPECT_EQ(record["gates"][0]["found"], 0);
}

TEST_F(ScanVerdict, IsOfTextsWithoutLabelsToo) {
  ASSERT_NO_FATAL_FAILURE(make("attack"));
  std::string plain = "text\n";
  std::istringstream lines(read_file(path("ordinary.tsv")));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) plain += line.substr(0, line.find('\t')) + "\n";
  write_file(path("plain.tsv"), plain);
  const Outcome outcome = scan({"--data", "plain.tsv"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_CONTAINS(outcome.out, "\"sleep\"");
}

TEST_F(ScanVerdict, IsOfTextsThatAreMadeToo) {
  ASSERT_NO_FATAL_FAILURE(make("train"));
  const Outcome outcome = scan({});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  const Json record = Json::parse(outcome.out);
  EXPECT_EQ(record["text_source"], "vocabulary");
  EXPECT_GT(record["candidates"], 1000);
}

TEST_F(ScanVerdict, IsOfTheLabelsThatThereAreTextsFor) {
  ASSERT_NO_FATAL_FAILURE(make("attack"));
  write_one_label();
  const Outcome outcome = scan({"--data", "one.tsv"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_CONTAINS(outcome.out, "no triggers to label 0 were looked for");
  EXPECT_CONTAINS(outcome.out, "\"sleep\"");
  EXPECT_EQ(Json::parse(outcome.out)["unsearched_labels"], Json({0}));
}

TEST_F(ScanVerdict, AGateThatCannotBeToldFailsACleanModel) {
  ASSERT_NO_FATAL_FAILURE(make("train"));
  write_one_label();
  const Outcome outcome = scan({"--data", "one.tsv", "--max-asr", "1"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const Json record = Json::parse(outcome.out);
  EXPECT_EQ(record["verdict"], "clean");
  EXPECT_EQ(record["gates"][0]["found"], nullptr);
  EXPECT_EQ(record["gates"][0]["passed"], false);
}

}  // namespace
}  // namespace finemix
