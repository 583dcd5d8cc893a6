#include "cli_test.h"

namespace finemix {
namespace {

// Bad input: the exit code tells whose fault it is, the message names the object, and nothing is
// left behind.
class Input : public CliTest {
 protected:
  void expect_refused(const std::vector<std::string>& arguments, int exit_code,
                      const std::string& named) {
    const std::set<std::string> before = listing();
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    EXPECT_CONTAINS(outcome.err, "finemix " + arguments[0] + ": error: ");
    EXPECT_CONTAINS(outcome.err, named);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(listing(), before);
  }

  // Sends SIGINT to a program as soon as it can take it, and waits for its end.
  Outcome interrupt(pid_t child) const {
    // Before its handlers stand, a signal would just end the program.
    const auto handlers_stand = [&] {
      const std::string status = read_file("/proc/" + std::to_string(child) + "/status");
      const std::size_t at = status.find("SigCgt:");
      if (at == std::string::npos) return false;
      return (std::stoull(status.substr(at + 7), nullptr, 16) >> (SIGINT - 1) & 1) == 1;
    };
    for (int i = 0; i < 600 && !handlers_stand(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    kill(child, SIGINT);
    return finish(child);
  }

  static std::vector<std::string> train(const std::string& data) {
    return {"train",    "--pretrained", "bert", "--data",  data,       "--output",
            "purified", "--max-length", "32",   "--quiet", "--epochs", "1"};
  }

  static std::vector<std::string> purify(const std::string& backdoored, const std::string& clean) {
    return {"purify",   "--pretrained", "bert",     "--backdoored",
            backdoored, "--clean-data", clean,      "--output",
            "purified", "--max-length", "32",       "--quiet",
            "--rho",    "0.5",          "--epochs", "1"};
  }
};

TEST_F(Input, AMissingFileIsNamed) {
  expect_refused(train("missing.tsv"), 3, "missing.tsv");
  expect_refused({"eval", "--model", "bert", "--data", "missing.tsv", "--max-length", "32"}, 3,
                 "missing.tsv");
  expect_refused({"tokenize", "--model", "missing", "--data", "test.tsv"}, 3, "missing");
  expect_refused(purify("missing", "clean.tsv"), 3, "missing");
}

TEST_F(Input, AMalformedCheckpointIsRefused) {
  const std::string whole = read_file(path("bert/model.safetensors"));
  write_file(path("bert/model.safetensors"), whole.substr(0, whole.size() - 1));
  expect_refused(train("train.tsv"), 4, "model.safetensors");
  write_file(path("bert/model.safetensors"), "\xff\xff\xff\xff\xff\xff\xff\x7f{}");
  expect_refused({"inspect", "bert"}, 4, "model.safetensors");
}

TEST_F(Input, AMalformedConfigIsRefused) {
  write_file(path("bert/config.json"), R"({"model_type": "bert", "hidden_size": -1})");
  expect_refused(train("train.tsv"), 4, "hidden_size");
}

TEST_F(Input, MalformedTextsAreRefused) {
  write_file(path("bad.tsv"), "text\tlabel\nfine\t1\nno label\n");
  expect_refused(train("bad.tsv"), 4, "bad.tsv");
  write_file(path("bad.tsv"), "text\tlabel\nfine\tpositive\n");
  expect_refused(train("bad.tsv"), 4, "positive");
  write_file(path("bad.tsv"), "sentence\tlabel\nfine\t1\n");
  expect_refused(train("bad.tsv"), 4, "text");
}

TEST_F(Input, AnEmptyCleanSetIsRefused) {
  write_file(path("empty.tsv"), "text\tlabel\n");
  expect_refused(purify("bert", "empty.tsv"), 4, "empty.tsv");
}

TEST_F(Input, LabelsThatTheModelLacksAreRefused) {
  write_file(path("three.tsv"), "text\tlabel\na\t0\nb\t1\nc\t2\n");
  expect_refused(purify("bert", "three.tsv"), 5, "three.tsv");
  expect_refused({"eval", "--model", "bert", "--data", "three.tsv", "--max-length", "32"}, 5,
                 "three.tsv");
}

TEST_F(Input, ASuspectOfAnotherShapeIsRefused) {
  const auto source = std::filesystem::path(FINEMIX_TEST_DATA) / "model/relu_wide";
  std::filesystem::create_directory(path("other"));
  for (const char* name : {"config.json", "model.safetensors", "vocab.txt"}) {
    std::filesystem::copy_file(source / name, path("other") / name);
  }
  expect_refused(purify("other", "clean.tsv"), 5, "bert");
  expect_refused({"mix", "--pretrained", "bert", "--backdoored", "other", "--output", "mixed"}, 5,
                 "bert");
}

TEST_F(Input, AnExistingOutputIsRefusedBeforeAnyWork) {
  std::filesystem::create_directory(path("purified"));
  write_file(path("purified/precious.txt"), "keep");
  expect_refused(train("train.tsv"), 2, "purified");
  expect_refused(purify("bert", "clean.tsv"), 2, "purified");
  EXPECT_EQ(read_file(path("purified/precious.txt")), "keep");
}

TEST_F(Input, AnOutputWhoseParentIsMissingIsRefused) {
  expect_refused(
      {"mix", "--pretrained", "bert", "--backdoored", "bert", "--output", "nowhere/mixed"}, 3,
      "nowhere");
}

TEST_F(Input, ASecondRunOnOneOutputIsRefused) {
  std::vector<std::string> words = train("train.tsv");
  words.back() = "1000000";
  const pid_t first = start(words);
  for (int i = 0; i < 600 && !std::filesystem::exists(path(".purified.finemix-run.finemix-lock"));
       ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const std::string command = FINEMIX_CLI
      " train --pretrained bert --data train.tsv --output "
      "purified --quiet 2> second.err";
  const int status = std::system(("cd " + directory_.string() + " && " + command).c_str());
  EXPECT_EQ(exit_code_of(status), 3);
  EXPECT_CONTAINS(read_file(path("second.err")), "another process is writing 'purified'");
  kill(first, SIGKILL);
  finish(first);
}

TEST_F(Input, AnInterruptLeavesNothingHalfWritten) {
  std::set<std::string> expected = listing();
  for (const char* name : {"", "/manifest.json", "/state.json", "/state.safetensors"}) {
    expected.insert(std::string(".purified.finemix-training") + name);
  }
  std::vector<std::string> words = train("train.tsv");
  words.back() = "1000000";
  const Outcome outcome = interrupt(start(words));
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_EQ(outcome.err, "finemix train: interrupted (SIGINT)\n");
  EXPECT_EQ(listing(), expected);
}

TEST_F(Input, AnInterruptEndsTheInspectionOfAHugeFile) {
  constexpr std::uint64_t kBytes = std::uint64_t{24} << 30;  // a hole on disk
  const std::string header = R"({"w":{"dtype":"F32","shape":[)" + std::to_string(kBytes / 4) +
                             R"(],"data_offsets":[0,)" + std::to_string(kBytes) + "]}}";
  const std::filesystem::path file = path("bert/model.safetensors");
  write_file(file, static_cast<char>(header.size()) + std::string(7, '\0') + header);
  std::filesystem::resize_file(file, 8 + header.size() + kBytes);
  const Outcome outcome = interrupt(start({"inspect", "bert"}));
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_EQ(outcome.err, "finemix inspect: interrupted (SIGINT)\n");
}

}  // namespace
}  // namespace finemix
