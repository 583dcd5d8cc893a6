// Every call by which the program changes files is made to fail, or to be its last, one after the
// other. What was there before is still there, or its successor, whole, and the next run ends as
// if nothing had been. FINEMIX_FAULTS is how many calls of a writer are struck in each way, spread
// evenly where it makes more; 0: all of them.
#include "fault_test.h"

namespace finemix {
namespace {

struct Writer {
  std::string name;
  std::vector<Words> prepare;  // runs that make what it reads
  Words before;                // makes what is there before
  Words words;                 // makes its successor
  std::string output;
  bool no_exchange = false;  // on a file system that can't exchange names
};

void PrintTo(const Writer& writer, std::ostream* out) { *out << writer.name; }

const Words kTraining = {"--epochs",     "1",  "--batch-size", "8",
                         "--max-length", "16", "--threads",    "1"};
const Words kStates = {"--save-seconds", "0", "--resume"};
const Words kSuspect = {"--pretrained", "bert", "--backdoored", "suspect"};
const Words kMake = with(
    {"train", "--pretrained", "bert", "--data", "train.tsv", "--output", "suspect"}, kTraining);

Words train(const Words& more) {
  return with(with({"train", "--pretrained", "bert", "--data", "train.tsv", "--validation",
                    "test.tsv", "--output", "out", "--overwrite"},
                   kTraining),
              more);
}
Words purify(const std::string& output, const Words& more) {
  return with(with(with({"purify", "--clean-data", "clean.tsv", "--test-data", "test.tsv",
                         "--trigger", "sleep", "--method", "fine-mixing", "--rho", "0.5",
                         "--output", output, "--overwrite"},
                        kSuspect),
                   kTraining),
              more);
}
Words mix(const Words& more) {
  return with(with({"mix", "--output", "out", "--overwrite", "--rho", "0.5"}, kSuspect), more);
}
Words epur(const Words& more) {
  return with(with({"epur", "--output", "out", "--overwrite"}, kSuspect), more);
}
Words attack(const Words& more) {
  return with({"attack", "--kind", "word", "--trigger", "sleep", "--target-label", "1",
               "--poison-rate", "1", "--data", "train.tsv", "--overwrite"},
              more);
}
Words attacked(const Words& more) {
  return with(attack(with({"--pretrained", "bert", "--test-data", "test.tsv", "--output", "out"},
                          kTraining)),
              more);
}
Words predict(const std::string& data) {
  return {"eval",          "--model",   "bert",        "--data",       data,
          "--predictions", "out.jsonl", "--overwrite", "--max-length", "16"};
}
Words show(const std::string& record, const std::string& format, const std::string& output) {
  return {"report", record, "--format", format, "--output", output, "--overwrite"};
}

// Two purifications to be drawn.
const std::vector<Words> kRecords = {kMake, purify("one", {"--top-k", "3"}),
                                     purify("two", {"--top-k", "9"})};

std::vector<Writer> writers() {
  const Words other = {"--seed", "2"};
  const Words data_only = {"--data-only", "--output", "out.tsv"};
  std::vector<Writer> all = {
      {"train", {}, train({}), train(other), "out"},
      {"train_with_states", {}, train({}), train(with(kStates, other)), "out"},
      {"mix", {kMake}, mix({}), mix(other), "out"},
      {"epur", {kMake}, epur({"--top-k", "3"}), epur({"--top-k", "9"}), "out"},
      {"attack", {}, attacked({}), attacked(other), "out"},
      {"attack_data", {}, attack(data_only), attack(with(data_only, other)), "out.tsv"},
      {"purify", {kMake}, purify("out", {}), purify("out", with(kStates, other)), "out"},
      {"predictions", {}, predict("test.tsv"), predict("train.tsv"), "out.jsonl"},
      {"report_html", kRecords, show("one", "html", "p.html"), show("two", "html", "p.html"),
       "p.html"},
      {"report_svg", kRecords, show("one", "svg", "figures"), show("two", "svg", "figures"),
       "figures"}};
  Writer plain = all[1];
  plain.name += "_without_exchange";
  plain.no_exchange = true;
  all.push_back(plain);
  return all;
}

class WriterFaults : public FaultTest, public testing::WithParamInterface<Writer> {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    std::filesystem::remove(path("train.tsv"));
    std::string texts = "text\tlabel\n";
    for (int i = 0; i < 16; ++i) {
      texts += i % 2 == 0 ? "a great great movie\t1\n" : "the script\t0\n";
    }
    write_file(path("train.tsv"), texts);
    for (const Words& words : writer_.prepare) make(words);
    make(writer_.words);
    after_ = contents(writer_.output);
    std::filesystem::remove_all(path(writer_.output));
    make(writer_.before);
    before_ = contents(writer_.output);
    ASSERT_NE(before_, after_);
    copy(writer_.output, "kept");
    clean_ = listing();
  }

  void make(const Words& words) {
    const Outcome outcome = run(words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  void copy(const std::string& from, const std::string& to) {
    std::filesystem::remove_all(path(to));
    std::filesystem::copy(path(from), path(to), std::filesystem::copy_options::recursive);
  }

  // Strikes one call after the other, until a run gets through.
  template <typename Check>
  void strike(Fault fault, const Check& check) {
    fault.no_exchange = writer_.no_exchange;
    const Struck whole = run_with(fault, writer_.words);
    ASSERT_EQ(whole.outcome.exit_code, 0) << whole.outcome.err;
    const std::int64_t calls = whole.report.calls;
    const int most = number_from_environment("FINEMIX_FAULTS", 4);
    const std::int64_t struck = most == 0 ? calls : std::min<std::int64_t>(most, calls);
    ASSERT_GT(calls, 8) << "or the faults strike nothing";
    for (std::int64_t i = 0; i < struck; ++i) {
      fault.call = i * calls / struck;
      copy("kept", writer_.output);
      Fault this_one = fault;
      if (fault.signal == 0 && i % 3 == 2) this_one.error = EDQUOT;
      const Struck found = run_with(this_one, writer_.words);
      SCOPED_TRACE(std::to_string(fault.call) + " of " + std::to_string(calls) + ": " +
                   found.report.call + " " + found.report.path + "\n" + found.outcome.err);
      ASSERT_NE(found.report.struck, 0);
      check(found);
      // Between two renames it lies aside, for the next run to put back.
      const std::string aside = "." + writer_.output + ".finemix-replaced";
      const bool is_aside = writer_.no_exchange && contents(writer_.output).empty();
      const std::string left = contents(is_aside ? aside : writer_.output);
      EXPECT_TRUE(left == before_ || left == after_);
      if (listing() != clean_ || fault.signal == SIGKILL) {
        make(writer_.words);
        EXPECT_EQ(contents(writer_.output), after_);
        EXPECT_EQ(listing(), clean_);
      }
      if (HasFailure()) return;
    }
    fault.call = calls;
    EXPECT_EQ(run_with(fault, writer_.words).report.struck, 0);
    std::printf("%s: %ld of %ld calls were struck\n", writer_.name.c_str(),
                static_cast<long>(struck), static_cast<long>(calls));
  }

  const Writer writer_ = GetParam();
  std::string before_;
  std::string after_;
  std::set<std::string> clean_;  // the names that are there when no run is under way
};

INSTANTIATE_TEST_SUITE_P(Each, WriterFaults, testing::ValuesIn(writers()),
                         [](const auto& writer) { return writer.param.name; });

TEST_P(WriterFaults, WhicheverCallFailsOldOrNewIsThereWhole) {
  strike({}, [&](const Struck& found) {
    // Some calls are no more than hints, or clear up.
    if (found.outcome.exit_code == 0) {
      EXPECT_EQ(contents(writer_.output), after_);
      return;
    }
    expect_fault_told(found.outcome);
  });
}

TEST_P(WriterFaults, WhicheverCallIsTheLastOldOrNewIsThereWhole) {
  Fault kill;
  kill.signal = SIGKILL;
  strike(kill, [&](const Struck& found) { EXPECT_EQ(found.outcome.exit_code, 128 + SIGKILL); });
}

TEST_P(WriterFaults, AtWhicheverCallItIsStoppedOldOrNewIsThereWhole) {
  Fault stop;
  stop.signal = SIGTERM;
  strike(stop, [&](const Struck& found) {
    if (found.outcome.exit_code == 0) {  // it was too late to stop
      EXPECT_EQ(contents(writer_.output), after_);
      return;
    }
    EXPECT_EQ(found.outcome.exit_code, 143);
    EXPECT_CONTAINS(found.outcome.err, "terminated (SIGTERM)");
  });
}

// The state of a training is of no more use then, and half of one would be refused.
TEST_F(FaultTest, AKillWhileAStateIsRemovedIsNoMatter) {
  const Words words = train(kStates);
  const std::int64_t calls = run_with({}, words).report.calls;
  const std::set<std::string> clean = listing();
  for (std::int64_t left = 1; left <= 12; ++left) {
    Fault kill;
    kill.call = calls - left;
    kill.signal = SIGKILL;
    std::filesystem::remove_all(path("out"));
    const Struck found = run_with(kill, words);
    SCOPED_TRACE(std::string(found.report.call) + " " + found.report.path);
    EXPECT_EQ(found.outcome.exit_code, 128 + SIGKILL);
    const Outcome next = run(words);
    EXPECT_EQ(next.exit_code, 0) << next.err;
    EXPECT_EQ(listing(), clean);
  }
}

}  // namespace
}  // namespace finemix
