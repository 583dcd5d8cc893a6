#include "finemix/report/page.h"

#include <gtest/gtest.h>

#include <string>

#include "markup_testing.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Page, ARowIsNamedByItsFirstColumnOfWords) {
  Table table({{"#", Align::kRight}, {"token"}, {"score", Align::kRight}, {"reset"}});
  table.add_row({{"1"}, {"<cf>"}, {"0.5"}, {"yes"}});
  const std::string text = table_element(table, "rows");
  EXPECT_EQ(markup_problem(text), "");
  EXPECT_TRUE(contains(text, "<td class=\"right\">1</td>")) << text;
  EXPECT_TRUE(contains(text, "<th scope=\"row\" class=\"name\">&lt;cf&gt;</th>")) << text;
  EXPECT_TRUE(contains(text, "<td>yes</td>")) << text;
}

TEST(Page, OnlyNumbersAreColoured) {
  Table table({{"method"}, {"word", Align::kRight}});
  table.add_row({{"90"}, {"25.0"}});
  table.add_row({{"none"}, {"–"}});
  const std::string text = table_element(table, "rates", Heat::kPercent);
  EXPECT_TRUE(contains(text, "heat\" style=\"--share:0.250\">25.0")) << text;
  EXPECT_FALSE(contains(text, "0.900"));
  EXPECT_TRUE(contains(text, "<td class=\"right\">–</td>")) << text;
}

TEST(Page, FindingsAreALeadAndAList) {
  EXPECT_EQ(findings_elements({}), "");
  EXPECT_EQ(findings_elements({"a < b"}), "<p class=\"lead\">a &lt; b</p>\n");
  EXPECT_TRUE(contains(findings_elements({"a", "b"}), "<li>b</li>"));
}

TEST(Page, ACommandThatIsNotKnownIsNotShown) {
  const std::string known =
      how_to_repeat({"finemix purify", {{"a", "line\nbreak"}}}, {}, "1", "So.");
  EXPECT_EQ(markup_problem(known), "");
  EXPECT_TRUE(contains(known, "<pre class=\"command\">finemix purify</pre>"));
  EXPECT_TRUE(contains(known, "&quot;a&quot;: &quot;line\\nbreak&quot;\n}"));
  EXPECT_FALSE(contains(known, "SHA-256"));
  const std::string unknown = how_to_repeat({}, {{"model", "dir", "ab"}}, "1", "So.");
  EXPECT_FALSE(contains(unknown, "<pre"));
  EXPECT_TRUE(contains(unknown, "SHA-256"));
}

}  // namespace
}  // namespace finemix
