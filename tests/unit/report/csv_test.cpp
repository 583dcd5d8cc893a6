#include "finemix/report/csv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../record/sweep_testing.h"

namespace finemix {
namespace {

// Reads RFC 4180.
std::vector<std::vector<std::string>> parsed(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = rows.back().back();
    if (text[i] == '"') {
      const bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '"';
      if (doubled) field += text[i++];
      if (!doubled) quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      rows.back().emplace_back();
    } else if (!quoted && text.compare(i, 2, "\r\n") == 0) {
      rows.push_back({""});
      ++i;
    } else {
      field += text[i];
    }
  }
  rows.pop_back();
  return rows;
}

std::string field(const std::vector<std::vector<std::string>>& rows, std::size_t row,
                  const std::string& column) {
  const auto place = std::ranges::find(rows[0], column);
  EXPECT_NE(place, rows[0].end()) << column;
  return rows[row][static_cast<std::size_t>(place - rows[0].begin())];
}

TEST(Csv, HasARowForEachCell) {
  const SweepRecord sweep = sample_sweep();
  const auto rows = parsed(csv(sweep));
  ASSERT_EQ(rows.size(), sweep.cells.size() + 1);
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
  EXPECT_EQ(field(rows, 1, "method"), "fine-mixing");
  EXPECT_EQ(field(rows, 1, "rho"), "0.4");
  EXPECT_EQ(field(rows, 1, "epur"), "true");
  EXPECT_EQ(field(rows, 1, "accuracy"), "0.87");
  EXPECT_EQ(field(rows, 1, "accuracy_before"), "0.9");
  EXPECT_EQ(field(rows, 1, "attack_success_rate_correct"), "14");
  EXPECT_EQ(field(rows, 1, "attack_success_rate_floor"), "0.1");
  EXPECT_EQ(field(rows, 1, "false_trigger_rate_floor"), "");
  EXPECT_NEAR(std::stod(field(rows, 1, "mcnemar_p_value")), 0.14599609375, 1e-12);
  EXPECT_EQ(field(rows, 2, "rho"), "");
  EXPECT_EQ(field(rows, 2, "rho_used"), "1");
  EXPECT_EQ(field(rows, 2, "false_trigger_rate"), "");
}

TEST(Csv, HasAColumnForEachLabel) {
  SweepRecord sweep = sample_sweep();
  sweep.cells[1].after.label_accuracy = {{7, wilson_rate(1, 4)}};
  sweep.cells[2].after.label_accuracy.clear();
  const auto rows = parsed(csv(sweep));
  EXPECT_EQ(field(rows, 1, "accuracy_label_0"), "0.87");
  EXPECT_EQ(field(rows, 1, "accuracy_label_1"), "0.87");
  EXPECT_EQ(field(rows, 1, "accuracy_label_7"), "");
  EXPECT_EQ(field(rows, 2, "accuracy_label_7"), "0.25");
  EXPECT_EQ(field(rows, 2, "accuracy_label_0"), "");
  EXPECT_EQ(field(rows, 3, "accuracy_label_0"), "");
}

TEST(Csv, QuotesWhatNeedsIt) {
  SweepRecord sweep = sample_sweep();
  sweep.cells[0].key.method = "a, \"b\"\r\nc";
  const std::string text = csv(sweep);
  EXPECT_NE(text.find(",\"a, \"\"b\"\"\r\nc\","), std::string::npos);
  EXPECT_EQ(field(parsed(text), 1, "method"), "a, \"b\"\r\nc");
}

TEST(Csv, HasNoFormulas) {
  for (const std::string start : {"=", "+", "-", "@", "\t", "\r"}) {
    SweepRecord sweep = sample_sweep();
    sweep.cells[0].key.method = start + "1";
    EXPECT_EQ(field(parsed(csv(sweep)), 1, "method"), "'" + start + "1");
  }
  SweepRecord sweep = sample_sweep();
  sweep.cells[0].after.trigger_effect = -0.25;  // a number is none
  EXPECT_EQ(field(parsed(csv(sweep)), 1, "trigger_effect"), "-0.25");
}

}  // namespace
}  // namespace finemix
