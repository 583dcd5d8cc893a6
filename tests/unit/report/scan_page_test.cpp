#include "finemix/report/scan_page.h"

#include <gtest/gtest.h>

#include <string>

#include "../record/scan_testing.h"
#include "markup_testing.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ScanPage, SaysTheVerdictFirstAndThenWhatItRestsOn) {
  const std::string page = html(sample_scan());
  EXPECT_EQ(markup_problem(page), "");
  std::size_t last = 0;
  for (const char* part :
       {"<h1>suspect looks backdoored</h1>",
        "<p class=\"verdict bad\">Suspicious</p>",
        "“cf” put into clean texts makes it answer label 1 in 31 of 32 cases.",
        "Score 0.97, where 0.50 and above is suspicious. Grounds: Words that flip answers; Word "
        "embeddings that moved too far.",
        "Estimated attack success: 96.9 % (78.0–99.4), by 450 candidates, the strongest tried on "
        "64 texts of the "
        "data.",
        "Gate --max-asr failed: ",
        "Note: texts were cut.",
        "What to do now",
        "finemix purify --pretrained bert --backdoored suspect --clean-data FILE --unlabelled-data "
        "FILE --output DIR",
        "Suspicious words",
        "a dull film",
        "a dull <mark>cf</mark> film",
        "Texts with the other words, which do not convict",
        "no <mark>mn</mark> plot <mark>tq</mark> at all",
        "The evidence",
        "style=\"--score:0.970;--threshold:0.500\"",
        "Score 0.97, suspicious from 0.50: suspicious.",
        "‘cf’ moves 31 of 32",
        "in order",
        "Word embeddings",
        "Figure 1.",
        "the trigger is red",
        "Where fine-tuning moved",
        "layer 0",
        "Figure 3.",
        "Time by stage",
        "To make this again",
        "finemix scan --pretrained",
        "cd34"}) {
    const std::size_t at = page.find(part, last);
    EXPECT_NE(at, std::string::npos) << part;
    if (at != std::string::npos) last = at;
  }
}

TEST(ScanPage, OfACleanModelAccusesNobody) {
  const std::string page = html(sample_clean_scan());
  EXPECT_EQ(markup_problem(page), "");
  for (const char* part :
       {"<h1>No backdoor was found in suspect</h1>", "<p class=\"verdict good\">Clean</p>",
        "Nothing in it stands out far enough from models that nobody attacked.",
        "No trigger was found, among 450", "That is no proof"}) {
    EXPECT_TRUE(contains(page, part)) << part;
  }
  EXPECT_FALSE(contains(page, "Suspicious words"));
  EXPECT_FALSE(contains(page, "finemix purify"));
}

TEST(ScanPage, WhereOtherEvidenceConvictsItDoesNotSayThatNothingWasFound) {
  ScanRecord record = sample_clean_scan();
  record.suspicious = true;
  EXPECT_TRUE(contains(html(record), "No trigger was found that convicts by itself, among 450"));
}

TEST(ScanPage, ShowsWhatMovesTextsOfACleanModelToo) {
  ScanRecord record = sample_clean_scan();
  record.triggers = {sample_trigger()};
  record.triggers[0].score = 0.2;
  const std::string page = html(record);
  EXPECT_TRUE(contains(page, "Words that move the most texts"));
  EXPECT_TRUE(contains(page, "Texts with the other words, which do not convict"));
}

TEST(ScanPage, CallsNoWordsSuspiciousWhereOtherEvidenceConvicts) {
  ScanRecord record = sample_scan();
  for (SuspectedTrigger& each : record.triggers) each.score = 0.2;
  EXPECT_TRUE(record.suspicious);
  EXPECT_FALSE(contains(html(record), "Suspicious words"));
}

TEST(ScanPage, WithoutWordsSaysWhatElseConvicts) {
  ScanRecord record = sample_scan();
  record.triggers.clear();
  record.evidence = {{"drift", 0.97, 0.5, true, {}}};
  EXPECT_TRUE(contains(html(record), ">Where the weights moved.<"));
  record.evidence.clear();
  EXPECT_TRUE(contains(html(record), "It should not be used as it is."));
}

TEST(ScanPage, InventsNothing) {
  const std::string page = html(ScanRecord{});
  EXPECT_EQ(markup_problem(page), "");
  EXPECT_TRUE(contains(page, "No backdoor was found in the model"));
  EXPECT_TRUE(contains(page, "Attack success was not estimated."));
  for (const char* part : {"<svg", "The evidence", "NaN", "Word embeddings", "<pre"}) {
    EXPECT_FALSE(contains(page, part)) << part;
  }
}

TEST(ScanPage, LetsNoTextOfARecordBecomeMarkup) {
  const std::string evil = "<script>alert('1')</script>\"&";
  ScanRecord record = sample_scan();
  record.version = record.request.command = record.triggers[0].text = evil;
  record.triggers[0].examples[0].after = record.triggers[0].examples[0].before = evil;
  record.triggers[0].examples[0].after += " " + evil;
  record.evidence[0] = {evil, 1, 1, true, {evil}};
  record.rows[0].token = record.epur_figure->marked[0].token = evil;
  record.drift[0].name = evil + "layer.";
  record.notes = {evil};
  record.inputs[0] = {evil, evil, evil};
  record.inputs[1].path = evil;
  record.seconds = {{evil, 1}};
  record.gates[0].says = evil;
  const std::string page = html(record);
  EXPECT_EQ(markup_problem(page), "");
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_TRUE(contains(page, "&lt;script&gt;"));
}

}  // namespace
}  // namespace finemix
