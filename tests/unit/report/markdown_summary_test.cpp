#include "finemix/report/markdown_summary.h"

#include <gtest/gtest.h>

#include "../record/scan_testing.h"

namespace finemix {
namespace {

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(MarkdownSummary, OfAScanBeginsWithTheVerdict) {
  const std::string text = markdown(sample_scan());
  EXPECT_TRUE(text.starts_with("## finemix scan: suspicious\n\n**suspect looks backdoored: “cf”"));
  expect_parts(
      text, {"| evidence | score | threshold |", "### Suspicious words\n\n| words | target label |",
             "| **cf** | 1 | 31 | 32 | 96.9 |", "| --max-asr | failed |", "Note: texts were cut",
             "Made by finemix"});
  const std::string clean = markdown(sample_clean_scan());
  EXPECT_TRUE(
      clean.starts_with("## finemix scan: clean\n\n**No backdoor was found in suspect: nothing"));
}

TEST(MarkdownSummary, OfAPurificationBeginsWithItsGates) {
  const std::string text = markdown(sample_purification());
  EXPECT_TRUE(
      text.starts_with("## finemix purify: 1 gate failed\n\n**The model, purified by "
                       "fine-mixing with ρ = 0.4**\n\n| gate |"))
      << text;
  expect_parts(text, {"| --max-acc-drop | failed | accuracy fell by 6 points",
                      "| accuracy | 90.0 | 82.6–94.5 | 84.0 |",
                      "A fresh search in the purified model: 18.8 %",
                      "Attack measured: word trigger “cf” or “mn”"});
  PurifyRecord record = sample_purification();
  record.gates = gates_of({.min_acc = 0.5}, record);
  EXPECT_TRUE(markdown(record).starts_with("## finemix purify: all gates passed"));
  EXPECT_TRUE(markdown(PurifyRecord{}).starts_with("## finemix purify: done\n\n**The model, "));
}

TEST(MarkdownSummary, OfAnEvaluationHasItsFigures) {
  EvaluationRecord record;
  record.accuracy = wilson_rate(90, 100);
  const std::string text =
      markdown(record, gates_of({.min_acc = 0.95, .max_asr = 0.1}, record), "my_model");
  EXPECT_TRUE(text.starts_with("## finemix eval: 2 gates failed\n\n**my\\_model**")) << text;
  expect_parts(text, {"| accuracy | 90.0 | 82.6–94.5 | 90 | 100 |"});
}

TEST(MarkdownSummary, LetsNoTextOfARecordBecomeMarkup) {
  ScanRecord record = sample_scan();
  const std::string evil = "|<b>\n`x`\n# https://a.b www.a.b @a #1 !2 5 %";
  record.triggers[0].text = record.evidence[0].name = evil;
  record.notes = {evil};
  record.inputs[1].path = evil;
  const std::string text = markdown(record);
  EXPECT_EQ(text.find("<b>"), std::string::npos);
  EXPECT_NE(
      text.find(
          R"(\|\<b\>\\x0A\`x\`\\x0A\# https\://a.b www\.a.b @<!-- -->a \#<!-- -->1 !<!-- -->2 5 %)"),
      std::string::npos)
      << text;
}

}  // namespace
}  // namespace finemix
