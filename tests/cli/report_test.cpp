#include "../unit/record/purify_testing.h"
#include "../unit/record/scan_testing.h"
#include "../unit/record/sweep_testing.h"
#include "cli_test.h"

namespace finemix {
namespace {

// `comparison` holds the record of a small grid.
class Report : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    std::filesystem::create_directories(path("comparison"));
    write("comparison/results.json", sample_sweep());
  }

  void write(const std::string& name, const SweepRecord& sweep) const {
    write_file(path(name), to_json(sweep).dump());
  }
};

TEST_F(Report, WritesAPage) {
  const Outcome outcome = run({"report", "comparison", "--output", "page.html"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "Written to page.html\n");
  EXPECT_CONTAINS(read_file(path("page.html")), "<h1>a small grid</h1>");
  EXPECT_EQ(run({"report", "comparison", "--output", "page.html"}).exit_code, 2);
  EXPECT_EQ(run({"report", "comparison", "--output", "page.html", "--overwrite"}).exit_code, 0);
}

TEST_F(Report, NeverWritesOverItsRecord) {
  const std::string record = read_file(path("comparison/results.json"));
  const Outcome outcome = run({"report", "comparison", "--format", "csv", "--output",
                               "comparison/results.json", "--overwrite"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "is an input too");
  EXPECT_EQ(read_file(path("comparison/results.json")), record);
}

TEST_F(Report, FiguresReplaceTheirOwnAndNothingElse) {
  const std::vector<std::string> draw = {"report",   "comparison", "--format",   "svg",
                                         "--output", "figures",    "--overwrite"};
  EXPECT_EQ(run(draw).exit_code, 0);
  EXPECT_EQ(run(draw).exit_code, 0);
  write_file(path("figures/mine.svg"), "mine");
  const Outcome outcome = run(draw);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "'mine.svg'");
  EXPECT_EQ(read_file(path("figures/mine.svg")), "mine");
}

TEST_F(Report, WritesTextToStandardOutput) {
  const std::vector<std::pair<std::string, std::string>> formats = {
      {"csv", "task,attack,method,rho"},
      {"markdown", "# a small grid"},
      {"latex", "\\begin{tabular}"},
      {"json", "\"schema\": \"finemix.sweep/1\""}};
  for (const auto& [format, part] : formats) {
    const Outcome outcome = run({"report", "comparison/results.json", "--format", format});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_CONTAINS(outcome.out, part);
  }
}

TEST_F(Report, WritesARecordInOneLineWhichItReadsAgain) {
  ASSERT_EQ(run({"report", "comparison", "--format", "json", "--compact", "--output", "one.json"})
                .exit_code,
            0);
  const std::string text = read_file(path("one.json"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(run({"report", "one.json", "--format", "csv"}).out,
            run({"report", "comparison", "--format", "csv"}).out);
  const Outcome wrong = run({"report", "comparison", "--format", "csv", "--compact"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_CONTAINS(wrong.err, "--compact is for --format json");
}

TEST_F(Report, ReadsTheRecordOfALargeSweep) {
  SweepRecord sweep = sample_sweep();
  sweep.request.config["texts"] = std::vector<std::string>(22, std::string(3 << 20, 'a'));
  write("large.json", sweep);
  const Outcome outcome = run({"report", "large.json", "--format", "csv"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(Report, SaysWhatIsMissingOfTheGrid) {
  SweepRecord sweep = sample_sweep();
  sweep.planned = {"a"};
  write("part.json", sweep);
  const Outcome outcome = run({"report", "part.json", "--format", "markdown"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_CONTAINS(outcome.out, "1 of the 1 cell of this grid is missing");
}

TEST_F(Report, ShowsAPurification) {
  std::filesystem::create_directories(path("purified"));
  write_file(path("purified/report.json"), to_json(sample_purification()).dump());
  const Outcome page = run({"report", "purified", "--output", "page.html"});
  EXPECT_EQ(page.exit_code, 0) << page.err;
  EXPECT_CONTAINS(read_file(path("page.html")), "<h1>Purified by fine-mixing");
  EXPECT_CONTAINS(run({"report", "purified/report.json", "--format", "json"}).out,
                  "\"schema\": \"finemix.purify/1\"");
  EXPECT_EQ(run({"report", "purified", "--format", "svg", "--output", "figures"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(path("figures/epur-scatter.svg")));
  const Outcome table = run({"report", "purified", "--format", "csv"});
  EXPECT_EQ(table.exit_code, 2);
  EXPECT_CONTAINS(table.err, "a scan or a purification is shown as html, json, markdown, junit");
  const Outcome mixed = run({"report", "comparison", "purified", "--format", "csv"});
  EXPECT_EQ(mixed.exit_code, 2);
  EXPECT_CONTAINS(mixed.err, "a scan or a purification is shown by itself");
  PurifyRecord without = sample_purification();
  without.epur.reset();
  without.epur_figure.reset();
  write_file(path("without.json"), to_json(without).dump());
  const Outcome none = run({"report", "without.json", "--format", "svg", "--output", "none"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_CONTAINS(none.err, "nothing to draw figures from");
  EXPECT_FALSE(std::filesystem::exists(path("none")));
}

TEST_F(Report, GivesAScanOrAPurificationToContinuousIntegration) {
  write_file(path("scan.json"), to_json(sample_scan()).dump());
  write_file(path("purify.json"), to_json(sample_purification()).dump());
  const std::vector<std::tuple<std::string, std::string, std::string>> expected = {
      {"scan.json", "junit", "<testsuite name=\"finemix scan\""},
      {"scan.json", "sarif", "\"version\": \"2.1.0\""},
      {"scan.json", "markdown", "## finemix scan: suspicious"},
      {"scan.json", "json", "\"schema\": \"finemix.scan/1\""},
      {"purify.json", "junit", "<testsuite name=\"finemix purify\""},
      {"purify.json", "sarif", "\"gate/max-acc-drop\""},
      {"purify.json", "markdown", "## finemix purify: 1 gate failed"}};
  for (const auto& [file, format, part] : expected) {
    const Outcome outcome = run({"report", file, "--format", format});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_CONTAINS(outcome.out, part);
  }
  EXPECT_EQ(run({"report", "scan.json", "--output", "page.html"}).exit_code, 0);
  EXPECT_CONTAINS(read_file(path("page.html")), "<h1>suspect looks backdoored</h1>");
  EXPECT_EQ(run({"report", "scan.json", "--format", "svg", "--output", "figures"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(path("figures/drift.svg")));
  const Outcome line = run({"report", "scan.json", "--format", "sarif", "--compact"});
  EXPECT_EQ(std::count(line.out.begin(), line.out.end(), '\n'), 1);
  const Outcome sweep = run({"report", "comparison", "--format", "sarif"});
  EXPECT_EQ(sweep.exit_code, 2);
  EXPECT_CONTAINS(sweep.err, "--format sarif is for a scan or a purification");
}

TEST_F(Report, WritesADirectoryOfFigures) {
  const Outcome outcome =
      run({"report", "comparison", "--format", "svg", "--output", "figures", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out)["output"], "figures");
  EXPECT_CONTAINS(read_file(path("figures/sst2.word.methods.svg")), "<svg ");
}

TEST_F(Report, UnitesPieces) {
  SweepRecord first = sample_sweep(), second = first;
  first.cells.resize(3);
  second.cells.erase(second.cells.begin(), second.cells.begin() + 3);
  write("first.json", first);
  write("second.json", second);
  const Outcome outcome = run({"report", "first.json", "second.json", "--format", "json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out)["cells"].size(), sample_sweep().cells.size());
  second.request.config["rho"] = 1;
  write("second.json", second);
  EXPECT_EQ(run({"report", "first.json", "second.json", "--format", "json"}).exit_code, 5);
}

TEST_F(Report, SaysWhatIsMissingOrMalformed) {
  EXPECT_CONTAINS(run({"report"}).err, "RECORD… is missing: ");
  EXPECT_EQ(run({"report"}).exit_code, 2);
  const Outcome no_output = run({"report", "comparison"});
  EXPECT_EQ(no_output.exit_code, 2);
  EXPECT_CONTAINS(no_output.err, "--output PATH is missing");
  EXPECT_EQ(run({"report", "nothing", "--format", "csv"}).exit_code, 3);
  std::filesystem::create_directories(path("empty"));
  const Outcome empty = run({"report", "empty", "--format", "csv"});
  EXPECT_EQ(empty.exit_code, 3);
  EXPECT_CONTAINS(empty.err,
                  "has no results.json of compare or sweep and no report.json of purify");
  write_file(path("broken.json"), "{\"schema\": \"finemix.mix/1\"}");
  const Outcome broken = run({"report", "broken.json", "--format", "csv"});
  EXPECT_EQ(broken.exit_code, 4);
  EXPECT_CONTAINS(broken.err,
                  "broken.json: 'schema' is 'finemix.mix/1', expected 'finemix.sweep/1', "
                  "'finemix.purify/1' or 'finemix.scan/1'");
}

}  // namespace
}  // namespace finemix
