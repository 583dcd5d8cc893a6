// As faults_test.cpp, of the grids, which are gone on with by --resume.
#include "fault_test.h"
#include "small_grid.h"

namespace finemix {
namespace {

class GridFaults : public FaultTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    write_file(path("grid.json"), small_grid().dump());
    make({"train", "--pretrained", "bert", "--data", "train.tsv", "--output", "suspect", "--epochs",
          "1", "--max-length", "16"});
    make(grid("whole"));
    whole_ = results("whole");
  }

  void make(const Words& words) {
    const Outcome outcome = run(words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  Words grid(const std::string& output) const {
    if (GetParam() == std::string("sweep")) {
      return {"sweep", "--config", "grid.json", "--output", output, "--resume", "--threads", "1"};
    }
    return {"compare",       "--pretrained",
            "bert",          "--backdoored",
            "suspect",       "--clean-data",
            "clean.tsv",     "--test-data",
            "test.tsv",      "--trigger",
            "sleep",         "--methods",
            "none",          "dare",
            "--seeds",       "1",
            "--clean-sizes", "8",
            "--max-length",  "16",
            "--threads",     "1",
            "--resume",      "--output",
            output};
  }

  std::string results(const std::string& output) const {
    return read_file(path(output) / "results.json");
  }

  template <typename Check>
  void strike(Fault fault, const Check& check) {
    const std::int64_t calls = run_with(fault, grid("out")).report.calls;
    const int most = number_from_environment("FINEMIX_FAULTS", 4);
    const std::int64_t struck = most == 0 ? calls : std::min<std::int64_t>(most, calls);
    ASSERT_GT(calls, 50) << "or the faults strike nothing";
    for (std::int64_t i = 0; i < struck; ++i) {
      std::filesystem::remove_all(path("out"));
      fault.call = i * calls / struck;
      const Struck found = run_with(fault, grid("out"));
      SCOPED_TRACE(std::to_string(fault.call) + " of " + std::to_string(calls) + ": " +
                   found.report.call + " " + found.report.path + "\n" + found.outcome.err);
      ASSERT_NE(found.report.struck, 0);
      check(found);
      make(grid("out"));
      EXPECT_EQ(results("out"), whole_);
      EXPECT_EQ(strays(), Words{});
      if (HasFailure()) return;
    }
    std::printf("%s: %ld of %ld calls were struck\n", GetParam(), static_cast<long>(struck),
                static_cast<long>(calls));
  }

  std::string whole_;
};

INSTANTIATE_TEST_SUITE_P(Each, GridFaults, testing::Values("sweep", "compare"),
                         [](const auto& verb) { return std::string(verb.param); });

TEST_P(GridFaults, WhicheverCallFailsItGoesOnToTheSameBytes) {
  strike({}, [&](const Struck& found) {
    if (found.outcome.exit_code == 0) {
      EXPECT_EQ(results("out"), whole_);
      return;
    }
    expect_fault_told(found.outcome);
  });
}

TEST_P(GridFaults, WhicheverCallIsTheLastItGoesOnToTheSameBytes) {
  Fault kill;
  kill.signal = SIGKILL;
  strike(kill, [](const Struck& found) { EXPECT_EQ(found.outcome.exit_code, 128 + SIGKILL); });
}

}  // namespace
}  // namespace finemix
