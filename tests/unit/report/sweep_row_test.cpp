#include "finemix/report/sweep_row.h"

#include <gtest/gtest.h>

#include "finemix/report/text.h"

namespace finemix {
namespace {

CellRecord record() {
  CellRecord record;
  record.key = {"sst2", "word", "fine-mixing", 0.4, true, 64, 3};
  record.rho = 0.4;
  record.after.accuracy = wilson_rate(83, 100);
  return record;
}

TEST(SweepRow, ColumnsStandBelowTheirTitles) {
  const std::string titles = sweep_row_titles();
  const std::string row = sweep_row(record());
  EXPECT_EQ(row.find("fine-mixing"), titles.find("method"));
  EXPECT_EQ(row.find("yes"), titles.find("E-PUR"));
  EXPECT_EQ(display_width(row), display_width(titles));
  EXPECT_LE(display_width(titles), 100u);
  EXPECT_NE(row.find("83.0"), std::string::npos);
}

TEST(SweepRow, WhatIsNotToBeHadIsADash) {
  const std::string row = sweep_row(record());
  EXPECT_EQ(row.substr(row.size() - std::string("–").size()), "–");
}

TEST(SweepRow, ObeysNoEscapeSequences) {
  CellRecord evil = record();
  evil.key.task = evil.key.attack = evil.key.method = "\x1b[2J\n";
  const std::string row = sweep_row(evil);
  EXPECT_EQ(row.find_first_of("\x1b\n"), std::string::npos) << row;
  EXPECT_EQ(display_width(row), display_width(sweep_row_titles()));
}

TEST(SweepRow, LongNamesAreCut) {
  CellRecord long_named = record();
  long_named.key.method = "a-method-with-a-very-long-name-indeed";
  EXPECT_EQ(display_width(sweep_row(long_named)), display_width(sweep_row_titles()));
}

}  // namespace
}  // namespace finemix
