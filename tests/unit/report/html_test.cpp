#include "finemix/report/html.h"

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

TEST(Html, SaysWhatWasFoundAndHowToMakeItAgain) {
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

TEST(Html, IsTheSameForTheSameRecord) { EXPECT_EQ(html(sample_sweep()), html(sample_sweep())); }

TEST(Html, LetsNoTextOfARecordBecomeMarkup) {
  const std::string evil = "<script>alert('1')</script>\"&";
  SweepRecord sweep = sample_sweep();
  sweep.title = sweep.command = sweep.version = evil;
  sweep.config = {{evil, evil}};
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

TEST(Html, NeedsNothingFromElsewhere) {
  std::string page = html(sample_sweep());
  const std::string name = "xmlns=\"http://www.w3.org/2000/svg\"";
  for (std::size_t at; (at = page.find(name)) != std::string::npos;) page.erase(at, name.size());
  for (const char* outside : {"http:", "https:", "url(", "@import", "src=", "<link", "<script"}) {
    EXPECT_FALSE(contains(page, outside)) << outside;
  }
}

TEST(Html, ShowsOnlyTheFiguresThatThereAre) {
  SweepRecord sweep = sample_sweep();
  EXPECT_TRUE(contains(html(sweep), "Figure 4."));
  EXPECT_FALSE(contains(html(sweep), "Figure 5."));
  sweep.cells.clear();
  EXPECT_FALSE(contains(html(sweep), "<figure>"));
  EXPECT_EQ(markup_problem(html(sweep)), "");
  EXPECT_EQ(markup_problem(html({})), "");
}

TEST(Html, LinksLeadToPlacesOfThePage) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects[0].attack = "a b";
  const std::string page = html(sweep);
  EXPECT_TRUE(contains(page, "<h3 id=\"at-sst2.a%20b\">"));
  EXPECT_TRUE(contains(page, "href=\"#at-sst2.a%2520b\""));
}

}  // namespace
}  // namespace finemix
