#include "finemix/report/markdown.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "../record/sweep_testing.h"

namespace finemix {
namespace {

TEST(Markdown, HasTheFindingsAndTheTables) {
  const std::string text = markdown(sample_sweep());
  for (const char* part :
       {"# a small grid\n", "## sst2\n", "### sst2, word\n", "On sst2, fine-mixing + E-PUR does",
        "| ---: | --- |", "| **as it came** |", "| 88.0 ± 1.4 |", "finemix sweep --config"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Markdown, SetsTheAttacksBesideEachOther) {
  const std::string title =
      "### sst2, attack success that is left, in %\n\n| method | word | clean | sentence |";
  EXPECT_NE(markdown(sample_sweep_of_two_attacks()).find(title), std::string::npos);
  EXPECT_NE(markdown(sample_sweep_of_two_attacks()).find("Column “clean”: "), std::string::npos);
  EXPECT_EQ(markdown(sample_sweep()).find("attack success that is left"), std::string::npos);
}

TEST(Markdown, BeginsWithWhatIsMissing) {
  SweepRecord sweep = sample_sweep();
  EXPECT_EQ(markdown(sweep).find("missing"), std::string::npos);
  sweep.planned = {"a", "b"};
  EXPECT_EQ(markdown(sweep).find("# a small grid\n\n**2 of the 2 cells of this grid are missing: "),
            0u)
      << markdown(sweep);
}

TEST(Markdown, HasTheAccuracyByLabel) {
  const std::string text = markdown(sample_sweep());
  for (const char* part : {"| ACC by label |", "| 90.0 / 90.0 |", "| 88.0 / 88.0 |",
                           "ACC by label: accuracy on the texts of each label"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Markdown, KeepsItsColumnsWithAnyName) {
  SweepRecord sweep = sample_sweep();
  for (CellRecord& cell : sweep.cells) cell.key.method += "|<b>\n`x`";
  std::istringstream lines(markdown(sweep));
  std::ptrdiff_t columns = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("|")) {
      columns = 0;
      continue;
    }
    std::ptrdiff_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    }
    EXPECT_TRUE(columns == 0 || bars == columns) << line;
    columns = bars;
    EXPECT_EQ(line.find("<b>"), std::string::npos);
  }
}

}  // namespace
}  // namespace finemix
