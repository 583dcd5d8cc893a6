#include "finemix/report/purify_page.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "../record/purify_testing.h"
#include "markup_testing.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(PurifyPage, SaysWhatItCostAndRemovedAndHowToMakeItAgain) {
  const std::string page = html(sample_purification());
  EXPECT_EQ(markup_problem(page), "");
  for (const char* part :
       {"<h1>Purified by fine-mixing (ρ = 0.4) with E-PUR</h1>",
        "Accuracy is 84.0 % after 90.0 % (−6.0 points); 9 texts were right only before and 3 only "
        "after, p = 0.146 by McNemar’s exact test.",
        "Attack success is 14.0 % after 100.0 % (−86.0 points). Attack measured: word trigger "
        "“cf” or “mn”, target label 1. A clean model puts 12.0 %",
        "E-PUR reset 2 of 70 embedding rows; 40 of 100 weights kept (40.0 %).",
        "Note: texts were cut.",
        "“cf” looks like a trigger: put into clean texts it moved 31 of 32 texts to label 1 "
        "(96.9 %); what the words mean explains 25.0 %.",
        "Gate --min-acc passed: accuracy is 84 % (75.6–89.9); at least 80 % is asked for.",
        "Gate --max-acc-drop failed: accuracy fell by 6 points",
        "estimated success",
        "A fresh search in the purified model: 18.8 %",
        "<h2>Suspicious words</h2>",
        "<svg",
        "the trigger is red",
        "How ρ was chosen",
        "← chosen",
        "Training took 48 steps in fp32",
        "encoder",
        "cd34",
        "finemix purify --trigger cf",
        "the seed 7"}) {
    EXPECT_TRUE(contains(page, part)) << part << "\n" << page;
  }
}

TEST(PurifyPage, WritesASmallPAsSmaller) {
  PurifyRecord record = sample_purification();
  record.paired = mcnemar(90, 3);
  EXPECT_TRUE(contains(html(record), "only after, p &lt;0.001 by McNemar"));
}

TEST(PurifyPage, ListsTensorsOnlyWhereWholeWeightsAreKept) {
  PurifyRecord record = sample_purification();
  EXPECT_TRUE(contains(html(record), "Weights kept, tensor by tensor"));
  EXPECT_TRUE(contains(html(record), "Taken whole from the suspect: classifier."));
  record.mix->select = "weight-average";
  record.mix->kept = record.mix->tensors[0].kept = 100;
  EXPECT_FALSE(contains(html(record), "Weights kept, tensor by tensor"));
  record.mix->kept_whole.clear();
  EXPECT_FALSE(contains(html(record), "Taken whole"));
}

TEST(PurifyPage, NamesAFewTriggersAtItsHead) {
  PurifyRecord record = sample_purification();
  record.triggers.resize(4, record.triggers[0]);
  record.triggers[2].text = "third";
  record.triggers[3].text = "fourth";
  EXPECT_TRUE(contains(html(record), "“third” looks like a trigger"));
  EXPECT_FALSE(contains(html(record), "“fourth” looks like a trigger"));
  EXPECT_TRUE(contains(html(record), ">fourth</th>"));
}

TEST(PurifyPage, SaysWhatIsEstimatedWhereNoAttackIsKnown) {
  PurifyRecord record = sample_purification();
  record.before.attack_success_rate.reset();
  record.after.attack_success_rate.reset();
  EXPECT_TRUE(contains(html(record), "Estimated attack success is 18.8 % after 96.9 %"));
  record.estimated->before.asr.reset();
  EXPECT_TRUE(contains(html(record), "Estimated attack success is 18.8 % (8.9–35.3)."));
  record.estimated->remeasured.asr.reset();
  record.estimated->fresh.asr.reset();
  EXPECT_TRUE(contains(html(record), "No trigger was found in the purified model."));
  record.estimated->fresh.unsearched_labels = {0, 1};
  EXPECT_TRUE(contains(html(record),
                       "No trigger was found in the purified model; no triggers to label 0 or 1 "
                       "were looked for: too few texts are of other labels, or the model gives "
                       "nearly all that one once they are cut short."));
  record.estimated->fresh.candidates = 0;
  EXPECT_TRUE(contains(html(record), "What is left of an attack was not measured; no triggers"));
}

TEST(PurifyPage, InventsNothing) {
  PurifyRecord record;
  record.notes = {"no trigger is known"};
  const std::string page = html(record);
  EXPECT_EQ(markup_problem(page), "");
  EXPECT_TRUE(contains(page, "What it cost was not measured"));
  EXPECT_TRUE(contains(page, "What is left of an attack was not measured"));
  EXPECT_TRUE(contains(page, "No E-PUR; all weights kept."));
  for (const char* part :
       {"<svg", "Before and after", "How ρ was chosen", "What was done", "NaN", "<pre"}) {
    EXPECT_FALSE(contains(page, part)) << part;
  }
}

TEST(PurifyPage, LetsNoTextOfARecordBecomeMarkup) {
  const std::string evil = "<script>alert('1')</script>\"&";
  PurifyRecord record = sample_purification();
  record.version = record.method = record.request.command = record.epur->rule = evil;
  record.request.config = {{evil, evil}};
  record.notes = {evil};
  record.inputs = {{evil, evil, evil}};
  record.triggers[0].text = record.training->precision = record.mix->tensors[0].name = evil;
  record.epur->rows[0].token = record.epur_figure->marked[0].token = evil;
  record.seconds = {{evil, 1}};
  const std::string page = html(record);
  EXPECT_EQ(markup_problem(page), "");
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_TRUE(contains(page, "&lt;script&gt;"));
}

TEST(PurifyPage, NeedsNothingFromElsewhere) {
  std::string page = html(sample_purification());
  const std::string name = "xmlns=\"http://www.w3.org/2000/svg\"";
  for (std::size_t at; (at = page.find(name)) != std::string::npos;) page.erase(at, name.size());
  for (const char* part :
       {"http:", "https:", "//", "url(", "@import", "<script", "<link", "src="}) {
    EXPECT_FALSE(contains(page, part)) << part;
  }
}

}  // namespace
}  // namespace finemix
