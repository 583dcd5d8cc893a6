#include "finemix/report/figures/svg.h"

#include <gtest/gtest.h>

#include "../markup_testing.h"

namespace finemix {
namespace {

TEST(MarkupProblem, IsFound) {
  EXPECT_EQ(markup_problem("<a href=\"x\"><b/>&lt;</a>"), "");
  for (const char* wrong : {"<a>", "<a></b>", "a & b", "<a x=1/>", "1 < 2", "<a x=\"<\"/>",
                            "<a x=\"1\" x=\"2\"/>", "</a>", "<a x=\"&nbsp;\"/>"}) {
    EXPECT_NE(markup_problem(wrong), "") << wrong;
  }
}

TEST(Svg, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(markup_escaped("<script>\"a\" & 'b'"), "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;");
  EXPECT_EQ(markup_escaped("a\x1b\nb"), "a\\x1B\\x0Ab");
  EXPECT_EQ(markup_escaped("ρ ‖δ‖₂"), "ρ ‖δ‖₂");
  EXPECT_EQ(markup_escaped("\xff"), "\\xFF");
}

TEST(Svg, IsWellFormedWithAnyText) {
  Svg svg(100, 50);
  svg.rect(1, 2, 3, 4, "paper", "</title><script>");
  svg.text({5, 6}, "a<b>&c", "soft", Anchor::kEnd);
  svg.polyline({{0, 0}, {1.005, 2}}, "curve");
  svg.polygon({{0, 0}, {1, 1}, {2, 0}}, "mark");
  svg.circle({1, 1}, 2, "mark");
  svg.line({0, 0}, {1, 1}, "axis");
  svg.filled_rect(0, 0, 1, 1, "#00ff00");
  svg.shaded_rect(0, 0, 1, 1, "density", 0.5, "x");
  const std::string document = svg.document("a \"label\" <x>");
  EXPECT_EQ(markup_problem(document), "") << document;
  EXPECT_NE(document.find("viewBox=\"0 0 100 50\""), std::string::npos);
  EXPECT_NE(document.find("aria-label=\"a &quot;label&quot; &lt;x&gt;\""), std::string::npos);
  EXPECT_NE(document.find("text-anchor=\"end\""), std::string::npos);
}

TEST(Svg, HasItsStyleOnlyAsADocument) {
  const Svg svg(10, 10);
  EXPECT_NE(svg.document("x").find("prefers-color-scheme: dark"), std::string::npos);
  EXPECT_EQ(svg.element("x").find("<style>"), std::string::npos);
}

TEST(Svg, WritesNumbersShortly) {
  Svg svg(10, 10);
  svg.rect(0.1 + 0.2, -0.0001, 1.0 / 3, 2, "x");
  EXPECT_NE(svg.element("").find("x=\"0.3\" y=\"0\" width=\"0.33\" height=\"2\""),
            std::string::npos)
      << svg.element("");
}

}  // namespace
}  // namespace finemix
