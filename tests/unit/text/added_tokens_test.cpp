#include "finemix/text/added_tokens.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../io/cost_testing.h"

namespace finemix {
namespace {

// The parts as text: tokens as "<id>", the rest in bars.
std::string parts_of(std::vector<AddedToken> tokens, std::string_view text) {
  std::vector<std::string> patterns;
  for (const AddedToken& token : tokens) patterns.push_back(token.content);
  const AddedTokenSplitter splitter(patterns, tokens);
  std::string shown;
  AddedTokenSplitter::Parts parts(splitter, text);
  for (AddedTokenSplitter::Part part; parts.next(part);) {
    shown += part.token ? "<" + std::to_string(part.token->id) + ">"
                        : "|" + std::string(part.text) + "|";
  }
  return shown;
}

AddedToken token(std::string content, std::int32_t id) {
  return AddedToken{.content = std::move(content), .id = id};
}

TEST(AddedTokens, AreCutOutOfTheText) {
  const std::vector<AddedToken> tokens = {token("[MASK]", 1)};
  EXPECT_EQ(parts_of(tokens, "a [MASK] b"), "|a |<1>| b|");
  EXPECT_EQ(parts_of(tokens, "[MASK][MASK]x"), "<1><1>|x|");
  EXPECT_EQ(parts_of(tokens, "[[MASK]] [MASK"), "|[|<1>|] [MASK|");
  EXPECT_EQ(parts_of(tokens, ""), "");
  EXPECT_EQ(parts_of({}, "text"), "|text|");
}

TEST(AddedTokens, TheLongestOfTheLeftmostWins) {
  const std::vector<AddedToken> tokens = {token("ab", 1), token("abcd", 2), token("bcde", 3)};
  EXPECT_EQ(parts_of(tokens, "xabcde"), "|x|<2>|e|");
  EXPECT_EQ(parts_of(tokens, "abcxbcde"), "<1>|cx|<3>");
}

TEST(AddedTokens, StripWhiteSpace) {
  AddedToken left = token("L", 1);
  left.left_strip = true;
  AddedToken right = token("R", 2);
  right.right_strip = true;
  EXPECT_EQ(parts_of({left, right}, "a \u3000L b"), "|a|<1>| b|");
  EXPECT_EQ(parts_of({left, right}, "a R \tb"), "|a |<2>|b|");
  EXPECT_EQ(parts_of({left, right}, "R L"), "<2><1>");
  EXPECT_EQ(parts_of({left, right}, "  L"), "<1>");
}

// Each of the white space's tokens reaches to its end, which is looked for once.
TEST(AddedTokens, StrippingTakesLinearTimeInWhiteSpace) {
  AddedToken space = token(" ", 1);
  space.right_strip = true;
  EXPECT_EQ(parts_of({space}, "a   b "), "|a|<1><1><1>|b|<1>");
  const double start = testing::processor_seconds();
  EXPECT_EQ(parts_of({space}, std::string(300'000, ' ')).size(), 900'000u);
  EXPECT_LT(testing::processor_seconds() - start, 1);
}

TEST(AddedTokens, SingleWordsHaveNoWordCharacterBesideThem) {
  AddedToken word = token("cat", 1);
  word.single_word = true;
  EXPECT_EQ(parts_of({word}, "cat (cat) cats"), "<1>| (|<1>|) cats|");
  EXPECT_EQ(parts_of({word}, "catcat"), "|catcat|");
  EXPECT_EQ(parts_of({word}, "écat cat_ 中cat"), "|écat cat_ 中cat|");
}

}  // namespace
}  // namespace finemix
