#include "report/inserted_words.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

// What was put in stands in brackets.
std::string shown(std::string_view before, std::string_view after) {
  std::string text;
  for (const TextPart& part : inserted_words(before, after)) {
    text += part.inserted ? "[" + part.text + "]" : part.text;
  }
  return text;
}

TEST(InsertedWords, AreMarkedWhereverTheyWerePut) {
  EXPECT_EQ(shown("a dull film", "a dull cf film"), "a dull [cf] film");
  EXPECT_EQ(shown("a dull film", "cf a dull film"), "[cf] a dull film");
  EXPECT_EQ(shown("a dull film", "a dull film cf"), "a dull film [cf]");
  EXPECT_EQ(shown("a dull film", "a mn dull film tq"), "a [mn] dull film [tq]");
  EXPECT_EQ(shown("a film", "a i watched this film"), "a [i watched this] film");
  EXPECT_EQ(shown("a a a", "a a a a"), "a a a [a]");
  EXPECT_EQ(shown("", "cf"), "[cf]");
  EXPECT_EQ(shown("a  film", "a  film"), "a  film");
}

TEST(InsertedWords, OtherChangesAreMarkedFromFirstToLast) {
  EXPECT_EQ(shown("the movie is on", "the movieing is on"), "the movie[ing] is on");
  EXPECT_EQ(shown("a long text", "a cf long"), "a [cf long]");
  // Characters of several bytes stay whole: é and è differ in their second.
  EXPECT_EQ(shown("caf\u00e9 x", "caf\u00e8 x"), "caf[\u00e8] x");
}

}  // namespace
}  // namespace finemix
