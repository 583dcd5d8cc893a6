#include "finemix/text/graphemes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace finemix {
namespace {

using Clusters = std::vector<std::string>;

Clusters clusters(std::string_view text) {
  Clusters found;
  GraphemeBreaker breaker(text);
  for (std::string_view cluster; breaker.next(cluster);) found.emplace_back(cluster);
  return found;
}

// After Unicode's GraphemeBreakTest.txt: one text for each rule of the annex.
TEST(Graphemes, FollowTheRules) {
  EXPECT_EQ(clusters(""), (Clusters{}));
  EXPECT_EQ(clusters("ab"), (Clusters{"a", "b"}));
  EXPECT_EQ(clusters("\r\n\n\r"), (Clusters{"\r\n", "\n", "\r"}));  // GB3
  EXPECT_EQ(clusters("\r\u0301"), (Clusters{"\r", "\u0301"}));      // GB4
  EXPECT_EQ(clusters("a\u200b"), (Clusters{"a", "\u200b"}));        // GB5
  EXPECT_EQ(clusters("\u1100\u1160\u11a8\u1100"), (Clusters{"\u1100\u1160\u11a8", "\u1100"}));
  EXPECT_EQ(clusters("\u1100\uac00\u11a8"), (Clusters{"\u1100\uac00\u11a8"}));      // GB6, GB7
  EXPECT_EQ(clusters("\uac01\u11a8\u1160"), (Clusters{"\uac01\u11a8", "\u1160"}));  // GB8
  EXPECT_EQ(clusters("a\u0301\u0903\u200d"), (Clusters{"a\u0301\u0903\u200d"}));    // GB9, GB9a
  EXPECT_EQ(clusters("\u0600a"), (Clusters{"\u0600a"}));                            // GB9b
  EXPECT_EQ(clusters("\u0600\n"), (Clusters{"\u0600", "\n"}));
  EXPECT_EQ(clusters("\u0915\u094d\u0937"), (Clusters{"\u0915\u094d\u0937"}));  // GB9c
  EXPECT_EQ(clusters("\u0915\u0937"), (Clusters{"\u0915", "\u0937"}));
  EXPECT_EQ(clusters("\u0915\u0903\u094d\u0937"), (Clusters{"\u0915\u0903\u094d", "\u0937"}));
  EXPECT_EQ(clusters("\U0001F6D1\u200d\U0001F6D1"),
            (Clusters{"\U0001F6D1\u200d\U0001F6D1"}));  // GB11
  EXPECT_EQ(clusters("\U0001F6D1\u0308\u200d\U0001F6D1"),
            (Clusters{"\U0001F6D1\u0308\u200d\U0001F6D1"}));
  EXPECT_EQ(clusters("a\u200d\U0001F6D1"), (Clusters{"a\u200d", "\U0001F6D1"}));
  EXPECT_EQ(clusters("\U0001F1E6\U0001F1E7\U0001F1E8"),
            (Clusters{"\U0001F1E6\U0001F1E7", "\U0001F1E8"}));  // GB12, GB13
}

}  // namespace
}  // namespace finemix
