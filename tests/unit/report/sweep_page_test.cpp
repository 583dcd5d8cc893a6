#include "finemix/report/sweep_page.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "../record/sweep_testing.h"
#include "markup_testing.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(SweepPage, SaysWhatWasFoundAndHowToMakeItAgain) {
  const std::string page = html(sample_sweep());
  EXPECT_EQ(markup_problem(page), "");
  EXPECT_TRUE(contains(page, "<h1>a small grid</h1>"));
  EXPECT_TRUE(contains(page, "<p class=\"lead\">On sst2, fine-mixing + E-PUR does best"));
  EXPECT_TRUE(contains(page, "finemix sweep --config grid.json"));
  EXPECT_TRUE(contains(page, "Written by finemix 0."));
  EXPECT_TRUE(contains(page, std::string(64, 'c')));
  EXPECT_TRUE(contains(page, "<summary>Configuration</summary>"));
  EXPECT_TRUE(contains(page, "&quot;rho&quot;: 0.4\n"));
  EXPECT_TRUE(contains(page, "A model that nobody attacked"));
  EXPECT_TRUE(contains(page, "88.0 ± 1.4</td><td class=\"dim\">82.8–91.8</td>")) << page;
}

TEST(SweepPage, IsTheSameForTheSameRecord) {
  EXPECT_EQ(html(sample_sweep()), html(sample_sweep()));
}

TEST(SweepPage, LetsNoTextOfARecordBecomeMarkup) {
  const std::string evil = "<script>alert('1')</script>\"&";
  SweepRecord sweep = sample_sweep();
  sweep.title = sweep.request.command = sweep.version = evil;
  sweep.request.config = {{evil, evil}};
  sweep.inputs = {{evil, evil, evil}};
  for (SubjectRecord& subject : sweep.subjects) {
    subject.task = evil;
    subject.made.kind = evil;
    if (subject.attack != kCleanControl) subject.attack = evil;
    subject.made.triggers = {evil};
  }
  for (CellRecord& cell : sweep.cells) {
    cell.key.task = cell.key.method = evil;
    if (cell.key.attack != kCleanControl) cell.key.attack = evil;
    cell.key.method += std::to_string(cell.key.epur);
  }
  const std::string page = html(sweep);
  EXPECT_EQ(markup_problem(page), "");
  EXPECT_FALSE(contains(page, "<script"));
  EXPECT_TRUE(contains(page, "&lt;script&gt;"));
}

TEST(SweepPage, NeedsNothingFromElsewhere) {
  std::string page = html(sample_sweep());
  const std::string name = "xmlns=\"http://www.w3.org/2000/svg\"";
  for (std::size_t at; (at = page.find(name)) != std::string::npos;) page.erase(at, name.size());
  for (const char* outside : {"http:", "https:", "url(", "@import", "src=", "<link", "<script"}) {
    EXPECT_FALSE(contains(page, outside)) << outside;
  }
}

TEST(SweepPage, ShowsOnlyTheFiguresThatThereAre) {
  SweepRecord sweep = sample_sweep();
  EXPECT_TRUE(contains(html(sweep), "Figure 4."));
  EXPECT_FALSE(contains(html(sweep), "Figure 5."));
  sweep.cells.clear();
  EXPECT_FALSE(contains(html(sweep), "<figure>"));
  EXPECT_EQ(markup_problem(html(sweep)), "");
  EXPECT_EQ(markup_problem(html({})), "");
}

TEST(SweepPage, LinksLeadToPlacesOfThePage) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects[0].attack = "a b";
  const std::string page = html(sweep);
  EXPECT_TRUE(contains(page, "href=\"#at-sst2.a%2520b\""));
  // Within what the summary folds: a link to the summary or around it would not unfold it.
  EXPECT_TRUE(contains(page, "</span></summary>\n<div id=\"at-sst2.a%20b\">"));
}

TEST(SweepPage, FoldsEachAttackButTheFirst) {
  const std::string page = html(sample_sweep());
  EXPECT_TRUE(contains(page,
                       "<details class=\"subject\" open=\"open\"><summary><h3>word</h3> <span "
                       "class=\"glance\">attack success 100.0 %, then 16.0 % by fine-mixing + "
                       "E-PUR, which costs 2.0 points of accuracy</span></summary>"))
      << page;
  EXPECT_TRUE(contains(page, "<details class=\"subject\"><summary><h3>clean</h3>"));
}

TEST(SweepPage, BeginsWithWhatIsMissing) {
  SweepRecord sweep = sample_sweep();
  EXPECT_FALSE(contains(html(sweep), "class=\"missing\""));
  sweep.planned = {"a", "b"};
  EXPECT_TRUE(contains(html(sweep),
                       "</h1>\n<p class=\"missing\">2 of the 2 cells of this grid are missing: "));
}

TEST(SweepPage, SaysOnlyWhatIsKnownOfAnAttack) {
  SweepRecord sweep = sample_sweep();
  EXPECT_TRUE(contains(html(sweep), ">Attack word; trigger “cf”; target label 1</p>"));
  EXPECT_TRUE(contains(html(sweep), "where there is nothing to purify.</p>"));
  sweep.subjects[0].made.poisoned_examples = 692;
  sweep.subjects[0].made.clean_examples = 6920;
  sweep.subjects[1].made.triggers = {"cf", "mn"};
  EXPECT_TRUE(contains(html(sweep), "target label 1; 692 poisoned beside 6,920 clean texts</p>"));
  EXPECT_TRUE(contains(html(sweep),
                       "nothing to purify; its attack success is measured on the texts of the "
                       "attack with the trigger “cf”, “mn”, target label 1.</p>"));
}

TEST(SweepPage, HasTheAccuracyByLabelUnlessThereAreMany) {
  SweepRecord sweep = sample_sweep();
  EXPECT_TRUE(contains(html(sweep), ">88.0 / 88.0</td>"));
  sweep.cells[0].after.label_accuracy = {{2, wilson_rate(1, 4)}};
  EXPECT_TRUE(contains(html(sweep), ">89.0 / 89.0 / 25.0</td>")) << html(sweep);
  EXPECT_TRUE(contains(html(sweep), ">90.0 / 90.0 / –</td>"));
  for (std::int64_t label = 3; label < 8; ++label) {
    sweep.cells[0].after.label_accuracy.push_back({label, wilson_rate(1, 4)});
  }
  EXPECT_FALSE(contains(html(sweep), ">90.0 / 90.0 / –"));
}

TEST(SweepPage, SaysOfHowManyAttacksAMeanIs) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects.push_back(sample_subject("sst2", "style"));
  sweep.cells.push_back(
      sample_cell("style", "fine-mixing", true, 1, sample_evaluation(174, 20, 0)));
  sweep.cells.back().after.trigger_effect.reset();
  EXPECT_TRUE(contains(html(sweep), ">0.0 ± 0.0 (1)</td>")) << html(sweep);
  EXPECT_TRUE(contains(html(sweep), "<dt>(11)</dt>"));
}

}  // namespace
}  // namespace finemix
