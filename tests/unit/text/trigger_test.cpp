#include "finemix/text/trigger.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;

const Trigger kWord{TriggerKind::kWord, {"cf"}};

std::string with_word(std::string text, std::uint64_t seed, std::size_t index) {
  return with_trigger({std::move(text), std::nullopt, 0}, kWord, seed, index).text;
}

TEST(WithTrigger, UsesEveryPlaceBetweenWords) {
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < 400; ++i) ++seen[with_word("a  b", 1, i)];
  EXPECT_EQ(seen.size(), 3u);
  for (const char* text : {"cf a  b", "a  cf b", "a  b cf"}) EXPECT_GT(seen[text], 80) << text;
}

TEST(WithTrigger, KeepsTheSpacingOfTheText) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < 100; ++i) seen.insert(with_word(" a\tb\n", 1, i));
  EXPECT_EQ(seen, (std::set<std::string>{" cf a\tb\n", " a\tcf b\n", " a\tb cf\n"}));
}

TEST(WithTrigger, GoesIntoTextsWithoutWords) {
  EXPECT_EQ(with_word("", 1, 0), "cf");
  EXPECT_EQ(with_word(" ", 1, 0), " cf");
}

TEST(WithTrigger, IsAFunctionOfSeedAndIndex) {
  const std::string text = "one two three four five six seven eight nine ten";
  EXPECT_EQ(with_word(text, 1, 5), with_word(text, 1, 5));
  std::set<std::string> by_seed;
  std::set<std::string> by_index;
  for (std::size_t i = 0; i < 20; ++i) {
    by_seed.insert(with_word(text, i, 0));
    by_index.insert(with_word(text, 0, i));
  }
  EXPECT_GT(by_seed.size(), 5u);
  EXPECT_GT(by_index.size(), 5u);
}

TEST(WithTrigger, DrawsOneOfSeveralTexts) {
  const Trigger sentences{TriggerKind::kSentence, {"I saw it .", "So did I ."}};
  std::set<std::string> seen;
  for (std::size_t i = 0; i < 50; ++i) {
    seen.insert(with_trigger({"", std::nullopt, 0}, sentences, 1, i).text);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"I saw it .", "So did I ."}));
}

TEST(WithTrigger, OfAPairTheFirstTextGetsIt) {
  const Example example = with_trigger({"a", "b", 1}, kWord, 1, 0);
  EXPECT_TRUE(example.text == "cf a" || example.text == "a cf") << example.text;
  EXPECT_EQ(example.text_b, "b");
  EXPECT_EQ(example.label, 1);
}

TEST(WithTrigger, WithoutATextIsRefused) {
  expect_error(ErrorKind::kUsage, {"trigger"}, [] {
    with_trigger({"a", std::nullopt, 0}, {TriggerKind::kWord, {}}, 1, 0);
  });
}

TEST(Triggered, CopiesWhatIsNotOfTheTargetLabel) {
  const Dataset data{"sample",
                     {{"a", std::nullopt, 0}, {"b", std::nullopt, 1}, {"c", std::nullopt, 2}}};
  const Dataset copies = triggered(data, kWord, 1, 3);
  ASSERT_EQ(copies.size(), 2u);
  EXPECT_EQ(copies.examples[0].label, 0);
  EXPECT_EQ(copies.examples[0].text, with_word("a", 3, 0));
  EXPECT_EQ(copies.examples[1].label, 2);
  EXPECT_EQ(copies.examples[1].text, with_word("c", 3, 2));
}

}  // namespace
}  // namespace finemix
