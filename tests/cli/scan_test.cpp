#include <limits>
#include <set>
#include <span>

#include "cli_test.h"
#include "finemix/io/safetensors.h"
#include "finemix/io/safetensors_writer.h"

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

  // Lets `change(name, values)` change each tensor of a model.
  template <typename Change>
  void change_weights(const std::string& model, const Change& change) const {
    const std::filesystem::path file = path(model + "/model.safetensors");
    std::vector<TensorBytes> tensors;
    std::vector<std::vector<float>> values;
    {
      const SafetensorsReader reader(file);
      values.reserve(reader.tensors().size());
      for (const TensorInfo& info : reader.tensors()) {
        ASSERT_EQ(info.dtype, DType::kF32) << info.name;
        std::vector<float>& own = values.emplace_back(info.bytes / sizeof(float));
        reader.read(info, std::as_writable_bytes(std::span(own)));
        change(info.name, std::span(own));
        tensors.push_back({info.name, info.dtype, info.shape, std::as_bytes(std::span(own))});
      }
    }
    std::filesystem::remove(file);
    write_safetensors(file, tensors);
  }
};

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
  EXPECT_CONTAINS(few.err, "few.tsv: no trigger can be told by the 2 texts taken of it");
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

TEST_F(ScanVerb, TwoOutputsThatAreOneAreRefusedBeforeTheWork) {
  const Outcome outcome = scan({"--data", "train.tsv", "--junit", "out", "--sarif", "./out"});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_CONTAINS(outcome.err, "is asked for twice");
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

TEST_F(ScanVerb, WhatIsWrongWithItsInputsIsSaid) {
  const auto expect = [](const Outcome& outcome, int exit_code, const std::string& says) {
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    EXPECT_CONTAINS(outcome.err, "finemix scan: error: ");
    EXPECT_CONTAINS(outcome.err, says);
    EXPECT_EQ(outcome.out, "");
  };
  expect(run({"scan", "--backdoored", "suspect"}), 2, "--pretrained DIR is missing");
  expect(scan({"--max-asr", "2"}), 2, "--max-asr");
  expect(scan({"--data", "nothing.tsv"}), 3, "nothing.tsv");
  expect(run({"scan", "--pretrained", "bert", "--backdoored", "nothing"}), 3, "'nothing'");
  write_file(path("labels.tsv"), "text\tlabel\na great movie\t7\n");
  expect(scan({"--data", "labels.tsv"}), 5, "labels.tsv");

  // The last byte is missing.
  const std::string weights = read_file(path("suspect/model.safetensors"));
  write_file(path("suspect/model.safetensors"), weights.substr(0, weights.size() - 1));
  expect(scan({"--data", "train.tsv"}), 4, "suspect/model.safetensors");
}

TEST_F(ScanVerb, ABaseThatTheSuspectWasNotMadeFromIsRefused) {
  ASSERT_NO_FATAL_FAILURE(change_weights(
      "bert", [](const std::string&, std::span<float> values) { std::ranges::reverse(values); }));
  const Outcome outcome = scan({"--data", "train.tsv"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.out;
  EXPECT_CONTAINS(outcome.err, "suspect was not fine-tuned from bert");
}

// By such labels nothing moves a text, and "clean" would say nothing; purify would teach them.
TEST_F(ScanVerb, LabelsThatAreNumberedOtherwiseAreRefused) {
  std::string swapped = read_file(path("train.tsv"));
  for (char& letter : swapped) {
    if (letter == '0' || letter == '1') letter = letter == '0' ? '1' : '0';
  }
  write_file(path("swapped.tsv"), swapped);
  const Outcome purified =
      run({"purify", "--pretrained", "bert", "--backdoored", "suspect", "--clean-data",
           "swapped.tsv", "--output", "purified", "--max-length", "32", "--quiet"});
  for (const Outcome& outcome : {scan({"--data", "swapped.tsv"}), purified}) {
    EXPECT_EQ(outcome.exit_code, 5) << outcome.err;
    EXPECT_CONTAINS(outcome.err, "swapped.tsv: its labels are not numbered as the suspect's: to ");
  }
  EXPECT_FALSE(std::filesystem::exists(path("purified")));
}

// They do what they did, their cosine is 1, and half of them mixed with others is no model.
TEST_F(ScanVerb, WeightsThatAreScaledThereAndBackConvict) {
  const std::string accuracy = run({"eval", "--model", "suspect", "--data", "train.tsv"}).out;
  ASSERT_NO_FATAL_FAILURE(
      change_weights("suspect", [](const std::string& name, std::span<float> values) {
        float scale = name.find("attention.self.value") != std::string::npos ? 64.0F : 1.0F;
        if (name.ends_with("attention.output.dense.weight")) scale = 1 / 64.0F;
        for (float& value : values) value *= scale;
      }));
  EXPECT_EQ(run({"eval", "--model", "suspect", "--data", "train.tsv"}).out, accuracy);
  const Outcome outcome = scan({"--data", "train.tsv", "--json"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_CONTAINS(outcome.out, "attention.self.value.weight' has moved by 6");
}

TEST_F(ScanVerb, OfThreeLabelsEachIsSearchedAndTheThresholdIsNotVouchedFor) {
  std::string three = "text\tlabel\n";
  for (const char* film : {"movie", "script", "story", "plot", "film"}) {
    for (const char* word : {"great", "good"}) three += std::string(word) + " " + film + "\t0\n";
    for (const char* word : {"hate", "bad"}) three += std::string(word) + " " + film + "\t1\n";
    for (const char* word : {"an", "this"}) three += std::string(word) + " " + film + "\t2\n";
  }
  write_file(path("three.tsv"), three);
  const Outcome trained =
      run({"train", "--pretrained", "bert", "--data", "three.tsv", "--output", "three", "--epochs",
           "20", "--learning-rate", "1e-3", "--max-length", "32", "--quiet"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const Outcome outcome = run({"scan", "--pretrained", "bert", "--backdoored", "three", "--data",
                               "three.tsv", "--max-length", "32", "--quiet", "--json"});
  ASSERT_LE(outcome.exit_code, 1) << outcome.err;
  const Json record = Json::parse(outcome.out);
  EXPECT_EQ(record["unsearched_labels"], Json::array());
  std::set<int> labels;
  for (const Json& each : record["triggers"]) labels.insert(each["target_label"].get<int>());
  EXPECT_GE(labels.size(), 2u) << outcome.out;
  EXPECT_CONTAINS(record["notes"].dump(), "of bert with 3 labels nobody has measured");
  const Outcome two = scan({"--data", "train.tsv", "--json"});
  EXPECT_EQ(two.out.find("nobody has measured"), std::string::npos);
}

TEST_F(ScanVerb, WeightsThatAreNoNumbersAreRefused) {
  const std::string weights = read_file(path("suspect/model.safetensors"));
  for (const std::string broken :
       {"bert.embeddings.position_embeddings.weight", "bert.embeddings.word_embeddings.weight",
        "bert.encoder.layer.0.output.dense.weight", "classifier.weight"}) {
    SCOPED_TRACE(broken);
    write_file(path("suspect/model.safetensors"), weights);
    ASSERT_NO_FATAL_FAILURE(
        change_weights("suspect", [&](const std::string& name, std::span<float> values) {
          if (name == broken) values.back() = std::numeric_limits<float>::quiet_NaN();
        }));
    const Outcome outcome = scan({"--data", "train.tsv"});
    EXPECT_EQ(outcome.exit_code, 6) << outcome.out;
    EXPECT_CONTAINS(outcome.err, "suspect: '" + broken + "' holds NaN or Inf");
    EXPECT_EQ(outcome.out, "");
  }
}

}  // namespace
}  // namespace finemix
