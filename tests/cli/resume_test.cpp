// Runs that are stopped or killed at any moment, and gone on with. FINEMIX_KILLS and FINEMIX_STOPS
// are how many of each kind of run are killed (SIGKILL) and stopped (SIGTERM).
#include <algorithm>
#include <random>
#include <regex>

#include "cli_test.h"
#include "finemix/core/error.h"
#include "finemix/io/manifest.h"
#include "small_grid.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A command that can be killed, and what it leaves.
struct Victim {
  std::string name;
  Words words;
  std::string output;
  std::string result;  // a file of it that is the same bytes whenever the run was killed
};

void PrintTo(const Victim& victim, std::ostream* out) { *out << victim.name; }

const Words kTraining = {"--max-length", "32", "--epochs",  "12",
                         "--batch-size", "2",  "--threads", "1"};

Words train(const std::string& output) {
  return with({"train", "--pretrained", "bert", "--data", "train.tsv", "--validation", "test.tsv",
               "--output", output, "--overwrite"},
              kTraining);
}
Words purify(const std::string& output) {
  return with(
      {"purify", "--pretrained", "bert", "--backdoored", "suspect", "--clean-data", "clean.tsv",
       "--method", "fine-mixing", "--rho", "0.5", "--output", output, "--overwrite"},
      kTraining);
}

// Those that keep states do so after every step, or only when they are stopped.
std::vector<Victim> victims(bool every_step) {
  const Words states = {"--resume", "--save-seconds", every_step ? "0" : "9999"};
  return {{"train", with(train("out"), states), "out", "out/model.safetensors"},
          {"purify", with(purify("out"), states), "out", "out/model.safetensors"},
          {"mix",
           {"mix", "--pretrained", "bert", "--backdoored", "suspect", "--rho", "0.5", "--output",
            "out", "--overwrite"},
           "out",
           "out/model.safetensors"},
          {"sweep",
           {"sweep", "--config", "grid.json", "--output", "out", "--resume", "--threads", "1"},
           "out",
           "out/results.json"},
          {"eval",
           {"eval", "--model", "suspect", "--data", "many.tsv", "--predictions", "out.jsonl",
            "--overwrite", "--threads", "1"},
           "out.jsonl",
           "out.jsonl"}};
}

class Resume : public CliTest, public testing::WithParamInterface<Victim> {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    write_file(path("grid.json"), small_grid().dump());
    std::string many = "text\tlabel\n";
    for (int i = 0; i < 3000; ++i) many += i % 2 == 0 ? "a great movie\t1\n" : "hate it\t0\n";
    write_file(path("many.tsv"), many);
    make(train("suspect"));
    const Clock::time_point begin = Clock::now();
    make(victim_.words);
    whole_run_ = Clock::now() - begin;
    whole_ = result();
    remove_output();
    inputs_ = listing();
  }

  void make(const Words& words) {
    const Outcome outcome = run(words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  std::string result() const { return read_file(path(victim_.result)); }
  void remove_output() { fs::remove_all(path(victim_.output)); }

  // What counts as done of a run that isn't over: the steps of a state, the cells of a sweep; -1
  // when there is nothing.
  int done() const {
    std::error_code error;
    if (victim_.name == "sweep") {
      int cells = 0;
      fs::directory_iterator entry(path("out/cells"), error);
      for (; !error && entry != fs::end(entry); entry.increment(error)) {
        cells += entry->path().filename().native()[0] != '.';
      }
      return cells;
    }
    const Json state = Json::parse(read_file(path(state_) / "state.json"), nullptr, false);
    return state.is_object() ? state.at("step").get<int>() : -1;
  }

  // Stops runs at random moments. Each goes on where the last one ended; one that gets through is
  // followed by one that begins anew.
  void survive(int times, int signal) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<double> waits;  // from the signal to the end, in seconds
    for (int i = 0; i < times && !HasFailure(); ++i) {
      const int before = done();
      const pid_t child = start(victim_.words);
      std::this_thread::sleep_for(whole_run_ * (random() % 1000) / 1000);
      whole_run_ += whole_run_ / 20;  // until one gets through: the machine may be slower by now
      const int seen = done();
      const Clock::time_point begin = Clock::now();
      kill(child, signal);
      const Outcome outcome = finish(child);
      waits.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
      check(outcome, signal, before, seen);
      stopped_ += outcome.exit_code == 128 + signal;
    }
    EXPECT_GT(stopped_, 0);
    make(victim_.words);
    EXPECT_EQ(result(), whole_);
    remove_output();
    EXPECT_EQ(listing(), inputs_);
    std::ranges::sort(waits);
    const double median = waits[waits.size() / 2];
    std::printf(
        "%s: %d of %d runs ended by signal %d, %d got through; after it %.3f s (median), "
        "%.3f s (longest)\n",
        victim_.name.c_str(), stopped_, times, signal, through_, median, waits.back());
    // One alone may have waited for a busy disk.
    EXPECT_LT(median, 1.0);
    EXPECT_LT(waits.back(), 10.0);
  }

  void check(const Outcome& outcome, int signal, int before, int seen) {
    SCOPED_TRACE(outcome.err);
    std::smatch step;
    if (std::regex_search(outcome.err, step, std::regex("going on after step (\\d+)"))) {
      EXPECT_EQ(std::stoi(step[1]), before);
    }
    if (outcome.exit_code == 0) {
      ++through_;
      whole_run_ /= 2;
      EXPECT_EQ(result(), whole_);
      remove_output();
      EXPECT_EQ(listing(), inputs_);
      return;
    }
    EXPECT_EQ(outcome.exit_code, 128 + signal);
    if (fs::exists(path(state_))) {
      EXPECT_TRUE(verify_manifest(path(state_)).problems.empty());
    }
    if (victim_.name != "sweep" && fs::exists(path(victim_.output))) {
      // Killed after it was there; what had been done may be gone.
      EXPECT_EQ(result(), whole_);
      return;
    }
    EXPECT_GE(done(), seen);
    if (outcome.err.find("is kept; --resume goes on") != std::string::npos) {
      EXPECT_GT(done(), 0);
    }
  }

  const Victim victim_ = GetParam();
  const std::string state_ = ".out.finemix-training";
  Clock::duration whole_run_{};
  std::string whole_;
  std::set<std::string> inputs_;
  int stopped_ = 0;
  int through_ = 0;
};

class Killed : public Resume {};
class Stopped : public Resume {};

INSTANTIATE_TEST_SUITE_P(Each, Killed, testing::ValuesIn(victims(true)),
                         [](const auto& victim) { return victim.param.name; });
INSTANTIATE_TEST_SUITE_P(Each, Stopped, testing::ValuesIn(victims(false)),
                         [](const auto& victim) { return victim.param.name; });

TEST_P(Killed, AtAnyMomentItGoesOnToTheSameBytes) {
  survive(number_from_environment("FINEMIX_KILLS", 5), SIGKILL);
}

TEST_P(Stopped, AtAnyMomentItEndsSoonAndGoesOnToTheSameBytes) {
  survive(number_from_environment("FINEMIX_STOPS", 3), SIGTERM);
}

using StoppedTraining = CliTest;

TEST_F(StoppedTraining, KeepsTheStateAndSaysHowToGoOn) {
  const Words train = {"train", "--pretrained", "bert", "--data", "train.tsv", "--output", "out"};
  const pid_t child = start(with(train, {"--epochs", "100000", "--save-seconds", "0.2"}));
  while (!fs::exists(path(".out.finemix-training"))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  kill(child, SIGTERM);
  const Outcome outcome = finish(child);
  EXPECT_EQ(outcome.exit_code, 143);
  EXPECT_CONTAINS(outcome.err, "is kept; --resume goes on");
  EXPECT_TRUE(fs::exists(path(".out.finemix-training/state.safetensors")));
  EXPECT_FALSE(fs::exists(path("out")));

  const Outcome other = run(with(train, {"--resume", "--seed", "3"}));
  EXPECT_EQ(other.exit_code, 5);
  EXPECT_CONTAINS(other.err, "had other inputs or options");
  EXPECT_EQ(run({"train", "--pretrained", "bert", "--data", "train.tsv", "--resume"}).exit_code, 2);
}

TEST_F(StoppedTraining, OfASweepIsGoneOnWith) {
  Json grid = small_grid();
  grid["tasks"][0]["epochs"] = 100'000;
  write_file(path("grid.json"), grid.dump());
  const fs::path state = path("out/models/.films.clean.finemix-training/state.json");
  const auto stop_after = [&](int milliseconds) {
    const pid_t child = start({"sweep", "--config", "grid.json", "--output", "out", "--resume"});
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    kill(child, SIGTERM);
    EXPECT_EQ(finish(child).exit_code, 143);
  };
  const auto steps = [&] { return Json::parse(read_file(state)).at("step").get<int>(); };
  for (int milliseconds = 3000; !fs::exists(state); milliseconds *= 2) stop_after(milliseconds);
  const int first = steps();
  // As soon as a run comes to train: one that began anew would not have come as far.
  for (int milliseconds = 300; steps() == first; milliseconds += 50) stop_after(milliseconds);
  EXPECT_GT(steps(), first);
}

}  // namespace
}  // namespace finemix
