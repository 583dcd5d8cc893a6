// SIGINT and SIGTERM in each phase of a run: seen within a step, what is done is kept, and a second
// one ends the process at once.
#include <poll.h>

#include <cmath>

#include "fault_test.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// For a step and the saving of a state.
constexpr double kSoon = 1.0;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Signals : public FaultTest {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    std::string many = "text\tlabel\n";
    for (int i = 0; i < 60'000; ++i) {
      many += i % 2 == 0 ? "a great great great movie, and a great script\t1\n" : "hate it\t0\n";
    }
    write_file(path("many.tsv"), many);
    ASSERT_EQ(run({"train", "--pretrained", "bert", "--data", "train.tsv", "--output", "suspect",
                   "--epochs", "3", "--batch-size", "4", "--max-length", "16"})
                  .exit_code,
              0);
    clean_ = listing();
  }

  void expect_stopped(const Outcome& outcome, int signal, double seconds) const {
    EXPECT_EQ(outcome.exit_code, 128 + signal);
    EXPECT_CONTAINS(outcome.err,
                    signal == SIGINT ? "interrupted (SIGINT)" : "terminated (SIGTERM)");
    EXPECT_LT(seconds, kSoon);
  }

  std::set<std::string> clean_;
};

struct Phase {
  std::string name;
  Words words;
  std::string shown;  // what its progress bar is called
};

void PrintTo(const Phase& phase, std::ostream* out) { *out << phase.name; }

std::vector<Phase> phases() {
  const Words purify = {"purify", "--pretrained", "bert", "--backdoored", "suspect", "--output",
                        "out",    "--max-length", "16",   "--threads",    "1"};
  const Words train = {"train",    "--pretrained", "bert",     "--data", "train.tsv",
                       "--output", "out",          "--epochs", "100000", "--max-length",
                       "16",       "--threads",    "1"};
  return {{"training", train, "training"},
          {"evaluating",
           {"eval", "--model", "suspect", "--data", "many.tsv", "--predictions", "out.jsonl",
            "--threads", "1"},
           "evaluating"},
          {"choosing_rho",
           with(purify, {"--clean-data", "clean.tsv", "--method", "fine-mixing", "--rho", "auto",
                         "--epochs", "300"}),
           "choosing rho"},
          {"triggers", with(purify, {"--clean-data", "many.tsv", "--clean-size", "20000"}),
           "looking for triggers"},
          {"scanning",
           {"scan", "--pretrained", "bert", "--backdoored", "suspect", "--data", "many.tsv",
            "--texts", "1000", "--max-length", "16", "--threads", "1"},
           "looking for triggers"}};
}

class SignalsInPhase : public Signals, public testing::WithParamInterface<Phase> {
 protected:
  // Runs it on a terminal, where each phase has a bar from its beginning, until the bar `shown` is
  // there; sends the signal, and returns what it left. `seconds` is how long it took to end then.
  Outcome stop_when_shown(const Words& words, const std::string& shown, int signal,
                          double& seconds) {
    int terminal = -1;
    const pid_t child = start_on_terminal(words, terminal);
    std::string text;
    Clock::time_point sent;
    bool is_sent = false;
    const Clock::time_point begin = Clock::now();
    pollfd ready{terminal, POLLIN, 0};
    while (seconds_since(begin) < 60 && poll(&ready, 1, 60'000) == 1) {
      char buffer[4096];
      const ssize_t size_read = read(terminal, buffer, sizeof buffer);
      if (size_read <= 0) break;
      text.append(buffer, static_cast<std::size_t>(size_read));
      if (is_sent || text.find("\x1b[K" + shown) == std::string::npos) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      sent = Clock::now();
      kill(child, signal);
      is_sent = true;
    }
    if (!is_sent) kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    seconds = seconds_since(sent);
    close(terminal);
    EXPECT_TRUE(is_sent) << shown << " is not shown in " << text;
    return {exit_code_of(status), "", text};
  }
};

INSTANTIATE_TEST_SUITE_P(Each, SignalsInPhase, testing::ValuesIn(phases()),
                         [](const auto& phase) { return phase.param.name; });

TEST_P(SignalsInPhase, EndItSoon) {
  for (const int signal : {SIGINT, SIGTERM}) {
    double seconds = 0;
    const Outcome outcome = stop_when_shown(GetParam().words, GetParam().shown, signal, seconds);
    expect_stopped(outcome, signal, seconds);
    std::printf("%s: ended %.3f s after signal %d\n", GetParam().name.c_str(), seconds, signal);
    if (GetParam().name == "training") {
      EXPECT_CONTAINS(outcome.err, "is kept; --resume goes on");
      EXPECT_EQ(strays().front(), ".out.finemix-training");
      fs::remove_all(path(".out.finemix-training"));
    }
    EXPECT_EQ(listing(), clean_);
  }
}

TEST_F(Signals, EndAReadingSoon) {
  for (const char* file : {"config.json", "model.safetensors", "tokenizer.json", "many.tsv"}) {
    for (const int signal : {SIGINT, SIGTERM}) {
      SCOPED_TRACE(file);
      Fault fault;
      fault.reading = file;
      fault.signal = signal;
      const Struck found = run_with(fault, {"eval", "--model", "suspect", "--data", "many.tsv",
                                            "--predictions", "out.jsonl"});
      ASSERT_NE(found.report.struck, 0);
      const auto since =
          Clock::now().time_since_epoch() - std::chrono::nanoseconds(found.report.struck);
      expect_stopped(found.outcome, signal, std::chrono::duration<double>(since).count());
    }
  }
  EXPECT_EQ(listing(), clean_);
}

TEST_F(Signals, EndATokenizingSoon) {
  const Words tokenize = {"tokenize", "--model", "bert", "--data", "many.tsv"};
  Fault seen;
  seen.reading = "many.tsv";
  const Struck whole = run_with(seen, tokenize);
  ASSERT_EQ(whole.outcome.exit_code, 0) << whole.outcome.err;
  const auto took = Clock::now().time_since_epoch() - std::chrono::nanoseconds(whole.report.struck);
  for (const int percent : {20, 40, 60, 80}) {
    SCOPED_TRACE(percent);
    const pid_t child = start_with(seen, tokenize);
    while (report().struck == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(took * percent / 100);
    const Clock::time_point sent = Clock::now();
    kill(child, SIGTERM);
    const Outcome outcome = finish(child);
    EXPECT_TRUE(outcome.exit_code == 143 || outcome.exit_code == 0);
    EXPECT_LT(seconds_since(sent), kSoon);
  }
}

TEST_F(Signals, ASecondOneEndsItAtOnce) {
  const Words train = {"train", "--pretrained", "bert", "--data",       "train.tsv", "--output",
                       "out",   "--epochs",     "1",    "--max-length", "16"};
  // A disk that does not answer: nothing else could end the run.
  Fault hang;
  hang.call = 20;
  hang.hang = true;
  const pid_t child = start_with(hang, train);
  while (report().struck == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  kill(child, SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WNOHANG), 0) << "it has ended";
  const Clock::time_point sent = Clock::now();
  kill(child, SIGINT);
  EXPECT_EQ(finish(child).exit_code, 128 + SIGINT);
  EXPECT_LT(seconds_since(sent), kSoon);
  EXPECT_NE(strays(), Words{});
  EXPECT_EQ(run(train).exit_code, 0);
  EXPECT_EQ(strays(), Words{});
}

}  // namespace
}  // namespace finemix
