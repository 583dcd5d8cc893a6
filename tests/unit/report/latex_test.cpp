#include "finemix/report/latex.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "../record/sweep_testing.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Latex, SetsTheAttacksBesideEachOther) {
  EXPECT_TRUE(
      contains(latex(sample_sweep_of_two_attacks()), "method & word & clean & sentence \\\\"));
}

TEST(Latex, HasATableForTheTaskAndForEachSubject) {
  const std::string text = latex(sample_sweep());
  std::size_t tables = 0;
  for (std::size_t at = 0; (at = text.find("\\begin{tabular}", at)) != std::string::npos; ++at) {
    ++tables;
  }
  EXPECT_EQ(tables, 3u);
  EXPECT_TRUE(contains(text, "88.0 $\\pm$ 1.4")) << text;
  EXPECT_TRUE(contains(text, "$\\rho$"));
  EXPECT_TRUE(contains(text, "\\textbf{as it came}"));
}

TEST(Latex, BeginsWithWhatIsMissing) {
  SweepRecord sweep = sample_sweep();
  EXPECT_FALSE(contains(latex(sweep), "missing"));
  sweep.planned = {"a"};
  const std::string text = latex(sweep);
  EXPECT_TRUE(contains(text, "\\noindent\\textbf{1 of the 1 cell of this grid is missing")) << text;
  EXPECT_TRUE(contains(text, "The same command with -{}-resume goes on.}\n\n\\begin{table}"))
      << text;
}

TEST(Latex, HasTheAccuracyByLabel) {
  const std::string text = latex(sample_sweep());
  EXPECT_TRUE(contains(text, "& ACC by label &")) << text;
  EXPECT_TRUE(contains(text, "& 88.0 / 88.0 &")) << text;
  EXPECT_TRUE(contains(text, "the lowest label first")) << text;
}

TEST(Latex, EscapesCommands) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects[0].attack = "\\input{x}_$&#%^~";
  for (CellRecord& cell : sweep.cells) {
    if (cell.key.attack == "word") cell.key.attack = sweep.subjects[0].attack;
  }
  sweep.version = "1\n\\input{x}";
  const std::string text = latex(sweep);
  EXPECT_TRUE(contains(text,
                       "\\textbackslash{}input\\{x\\}\\_\\$\\&\\#\\%\\textasciicircum{}"
                       "\\textasciitilde{}"))
      << text;
  EXPECT_FALSE(contains(text, "\n\\input"));
}

TEST(Latex, RowsHaveTheColumnsOfTheirTable) {
  std::istringstream lines(latex(sample_sweep()));
  std::ptrdiff_t columns = 0;
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string begin = "\\begin{tabular}{";
    if (line.starts_with(begin))
      columns = static_cast<std::ptrdiff_t>(line.size() - begin.size()) - 1;
    if (!line.ends_with(" \\\\")) continue;
    EXPECT_EQ(std::ranges::count(line, '&'), columns - 1) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 3 + 5 + 5);
}

}  // namespace
}  // namespace finemix
