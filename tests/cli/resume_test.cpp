// Trainings that are stopped or killed at any moment, and gone on with.
#include <functional>
#include <random>

#include "cli_test.h"
#include "finemix/io/manifest.h"

namespace finemix {
namespace {

class Resume : public CliTest {
 protected:
  using Words = std::vector<std::string>;

  static Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  static Words training(const std::string& epochs, const std::string& save_seconds) {
    return {"--max-length", "32", "--epochs",       epochs,      "--batch-size", "2",
            "--threads",    "1",  "--save-seconds", save_seconds};
  }
  static Words train(const std::string& output, const Words& more,
                     const Words& training = Resume::training("12", "0")) {
    return with(with({"train", "--pretrained", "bert", "--data", "train.tsv", "--validation",
                      "test.tsv", "--output", output},
                     training),
                more);
  }
  static Words purify(const std::string& output, const Words& more) {
    return with(with({"purify", "--pretrained", "bert", "--backdoored", "suspect", "--clean-data",
                      "clean.tsv", "--method", "fine-mixing", "--rho", "0.5", "--output", output},
                     training("12", "0")),
                more);
  }
  std::string weights(const std::string& output) const {
    return sha256_file(path(output + "/model.safetensors"));
  }

  // Kills runs at random moments until one gets through; `times` of them at most are killed.
  void survive(const std::function<Words(const Words&)>& command, int times, int signal) {
    std::mt19937 random(5);
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(run(command({"--overwrite"})).exit_code, 0);
    const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    int stopped = 0;
    for (int i = 0; i < times; ++i) {
      const pid_t child = start(command({"--overwrite", "--resume"}));
      std::this_thread::sleep_for(whole * (random() % 1000) / 1000);
      kill(child, signal);
      const Outcome outcome = finish(child);
      stopped += outcome.exit_code == 128 + signal;
      EXPECT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 128 + signal) << outcome.err;
    }
    EXPECT_GT(stopped, 0);
    const Outcome last = run(command({"--overwrite", "--resume"}));
    EXPECT_EQ(last.exit_code, 0) << last.err;
  }
};

TEST_F(Resume, ATrainingKilledAtAnyMomentEndsWithTheSameWeights) {
  ASSERT_EQ(run(train("whole", {})).exit_code, 0);
  survive([](const Words& more) { return train("killed", more); }, 10, SIGKILL);
  EXPECT_EQ(weights("killed"), weights("whole"));
  EXPECT_EQ(run({"verify", "killed"}).exit_code, 0);
  for (const std::string& name : listing()) EXPECT_LACKS(name, ".finemix-");
}

TEST_F(Resume, ATrainingStoppedByATermSignalEndsWithTheSameWeights) {
  ASSERT_EQ(run(train("whole", {})).exit_code, 0);
  survive([](const Words& more) { return train("stopped", more); }, 10, SIGTERM);
  EXPECT_EQ(weights("stopped"), weights("whole"));
}

TEST_F(Resume, APurificationKilledAtAnyMomentEndsWithTheSameWeights) {
  ASSERT_EQ(run(train("suspect", {})).exit_code, 0);
  ASSERT_EQ(run(purify("whole", {})).exit_code, 0);
  survive([](const Words& more) { return purify("killed", more); }, 10, SIGKILL);
  EXPECT_EQ(weights("killed"), weights("whole"));
  for (const std::string& name : listing()) EXPECT_LACKS(name, ".finemix-");
}

TEST_F(Resume, AStopKeepsTheStateAndSaysHowToGoOn) {
  const pid_t child = start(train("out", {}, training("100000", "9999")));
  std::this_thread::sleep_for(std::chrono::seconds(2));
  kill(child, SIGTERM);
  const Outcome outcome = finish(child);
  EXPECT_EQ(outcome.exit_code, 143);
  EXPECT_CONTAINS(outcome.err, "is kept; --resume goes on");
  EXPECT_TRUE(std::filesystem::exists(path(".out.finemix-training/state.safetensors")));
  EXPECT_FALSE(std::filesystem::exists(path("out")));

  const Outcome other = run(train("out", {"--resume", "--seed", "3"}));
  EXPECT_EQ(other.exit_code, 5);
  EXPECT_CONTAINS(other.err, "had other inputs or options");
  EXPECT_EQ(run({"train", "--pretrained", "bert", "--data", "train.tsv", "--resume"}).exit_code, 2);
}

}  // namespace
}  // namespace finemix
