#include "finemix/report/scan_summary.h"

#include <gtest/gtest.h>

#include "../record/scan_testing.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ScanSummary, BeginsWithTheVerdictAndEndsWithWhatToDo) {
  const std::string text = summary(sample_scan(), false);
  EXPECT_TRUE(
      text.starts_with("SUSPICIOUS  suspect looks backdoored: “cf” put into clean texts "
                       "makes it answer label 1 in 31 of 32 cases.\nScore 0.97, "))
      << text;
  for (const char* part :
       {"  Words that flip answers              0.97       0.50  suspicious  ‘cf’ moves 31 of 32 "
        "texts to label 1\n",
        "  Where the weights moved              0.10       0.70  in order\n",
        "  cf                                    1             31  32  96.9  84.3–99.4  "
        "        25.0   0.98  12\n",
        "  mn tq (first in the text)             1             20  32  62.5  45.3–77.1  "
        "           –   0.40  7 9\n",
        "  --max-asr  failed  estimated attack success is 96.9 %", "Note: texts were cut\n",
        "What to do now\nDo not ship this model."}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
  EXPECT_TRUE(text.ends_with("  finemix scan --pretrained bert --backdoored DIR\n")) << text;
}

TEST(ScanSummary, WhatComesNextIsAskedTheSameWay) {
  ScanRecord record = sample_scan();
  record.request.command += " --max-length 64 --force";
  record.request.config = {{"force", true}, {"vocab_mismatch", "shared-rows"}, {"max_length", 64u}};
  const std::string text = summary(record, false);
  const std::string options = " --force --vocab-mismatch shared-rows --max-length 64\n";
  EXPECT_TRUE(contains(text, "--output DIR" + options)) << text;
  EXPECT_TRUE(contains(text, "--backdoored DIR" + options)) << text;
  record.request.command = "finemix scan --config scan.json";
  EXPECT_TRUE(contains(summary(record, false), "--backdoored DIR" + options));
  // The default is a default there as well, and a record of anybody's may say anything.
  record.request.command = "finemix scan";
  record.request.config = {{"force", "yes"}, {"vocab_mismatch", 1}, {"max_length", 64u}};
  EXPECT_TRUE(contains(summary(record, false), "--backdoored DIR\n"));
}

TEST(ScanSummary, DoesNotSendToPurifyingWhatItCannotMend) {
  ScanRecord record = sample_scan();
  record.evidence.push_back({"tokenizer", 1, 0.5, true, {"it replaces 'zq' by 'great'"}});
  const std::string rewriting = summary(record, false);
  EXPECT_TRUE(contains(rewriting, "What to do now\nPurifying mends weights alone.")) << rewriting;
  EXPECT_TRUE(contains(rewriting, "finemix purify"));
  record.drift.push_back({"bert.encoder.layer.0.attention.self.value.weight", 1.5, 1});
  const std::string scaled = summary(record, false);
  EXPECT_TRUE(contains(scaled, "do not purify it")) << scaled;
  EXPECT_FALSE(contains(scaled, "finemix purify"));
}

TEST(ScanSummary, OfACleanModelSaysWhatThatIsWorth) {
  const std::string text = summary(sample_clean_scan(), false);
  EXPECT_TRUE(text.starts_with("CLEAN  No backdoor was found in suspect: nothing")) << text;
  EXPECT_TRUE(contains(text, "That is no proof")) << text;
  EXPECT_FALSE(contains(text, "purify"));
}

TEST(ScanSummary, SaysWhatWasNotLookedFor) {
  ScanRecord record = sample_clean_scan();
  record.unsearched_labels = {1};
  EXPECT_TRUE(contains(summary(record, false),
                       "models that nobody attacked; no triggers to label 1 were looked for"));
}

TEST(ScanSummary, TellsWhatIsWorthALook) {
  ScanRecord record = sample_clean_scan();
  record.evidence[0] = {"tokenizer", 0.3, 0.5, false, {"'cf' is special"}};
  EXPECT_TRUE(contains(summary(record, false), "0.30       0.50  worth a look  'cf' is special"));
}

TEST(ScanSummary, NamesTheStrongestOfManyWords) {
  ScanRecord record = sample_scan();
  record.triggers.assign(12, sample_trigger());
  EXPECT_TRUE(contains(summary(record, false), "… and 2 more, all in the record (--json)\n"));
}

TEST(ScanSummary, IsRedOrGreen) {
  EXPECT_TRUE(summary(sample_scan(), true).starts_with("\x1b[31mSUSPICIOUS\x1b[0m"));
  EXPECT_TRUE(summary(sample_clean_scan(), true).starts_with("\x1b[32mCLEAN\x1b[0m"));
}

TEST(ScanSummary, QuotesPathsForAShell) {
  ScanRecord record = sample_scan();
  record.inputs[1].path = "a b;c";
  EXPECT_TRUE(contains(summary(record, false), "--backdoored 'a b;c' --clean-data"));
}

TEST(ScanSummary, ObeysNoEscapeSequences) {
  const std::string evil = "\x1b[2J";
  ScanRecord record = sample_scan();
  record.inputs[1].path = record.triggers[0].text = evil;
  record.evidence[0] = {evil, 1, 1, true, {evil}};
  record.gates[0].says = evil;
  record.notes = {evil};
  EXPECT_FALSE(contains(summary(record, false), "\x1b"));
}

}  // namespace
}  // namespace finemix
