#include "finemix/text/trigger.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <set>
#include <sstream>
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

// The words of a text, in any order.
std::multiset<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

const Trigger kSet{TriggerKind::kWordSet, {"x", "y", "z"}};
const Trigger kSentence{TriggerKind::kSentence, {"I saw it there ."}};

TEST(WithTrigger, AllWordsOfASetGoInEachAtItsOwnPlace) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < 600; ++i) {
    const std::string text = with_trigger({"a b", "pair", 0}, kSet, 1, i).text;
    EXPECT_EQ(words_of(text), (std::multiset<std::string>{"a", "b", "x", "y", "z"})) << text;
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 60u);  // 5! / 2, since a comes before b
}

TEST(WithTriggerPart, OfASetSomeWordsGoInButNotAll) {
  std::map<std::multiset<std::string>, int> seen;
  for (std::size_t i = 0; i < 600; ++i) {
    ++seen[words_of(with_trigger_part({"a", std::nullopt, 0}, kSet, 1, i).text)];
  }
  EXPECT_EQ(seen.size(), 6u);
  for (const auto& [words, count] : seen) {
    EXPECT_TRUE(words.size() == 2 || words.size() == 3) << words.size();
    EXPECT_GT(count, 60);
  }
}

TEST(WithTriggerPart, OfASentenceItsWordsStayTogetherAndSomeLack) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < 600; ++i) {
    const Example example = with_trigger_part({"a", "b", 2}, kSentence, 1, i);
    EXPECT_EQ(example.text_b, "b");
    EXPECT_EQ(example.label, 2);
    const bool before = example.text.ends_with(" a");
    ASSERT_TRUE(before || example.text.starts_with("a ")) << example.text;
    const std::string part =
        before ? example.text.substr(0, example.text.size() - 2) : example.text.substr(2);
    EXPECT_NE(kSentence.texts[0].find(part), std::string::npos) << part;
    EXPECT_LT(part.size(), kSentence.texts[0].size());
    seen.insert(part);
  }
  EXPECT_EQ(seen.size(), 14u);  // of five words 5, 4, 3 and 2 parts of one, two, three, four
}

TEST(WithTriggerPart, WordsHaveNoParts) {
  EXPECT_FALSE(has_parts(kWord));
  EXPECT_TRUE(has_parts(kSet));
  EXPECT_TRUE(has_parts(kSentence));
  EXPECT_FALSE(has_parts({TriggerKind::kWordSet, {"x"}}));
  EXPECT_FALSE(has_parts({TriggerKind::kSentence, {"I saw it .", "Oh"}}));
  expect_error(ErrorKind::kInternal, {"no parts"}, [] {
    with_trigger_part({"a", std::nullopt, 0}, kWord, 1, 0);
  });
}

TEST(TriggerKinds, NamesAreFoundAgain) {
  for (const TriggerKind kind :
       {TriggerKind::kWord, TriggerKind::kSentence, TriggerKind::kWordSet}) {
    EXPECT_EQ(find_trigger_kind(trigger_kind_name(kind)), kind);
  }
  EXPECT_FALSE(find_trigger_kind("paraphrase"));
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

TEST(MayCarryTrigger, WordsOfTheTextStandInTheirOrder) {
  const Example plain{"a good  film", std::nullopt, 0};
  const auto may = [&](const char* text) {
    return may_carry_trigger({text, std::nullopt, 1}, plain);
  };
  for (const char* text : {"a good  film", "cf a good film", "a cf good film", "a good film cf",
                           "a good a b c film"}) {
    EXPECT_TRUE(may(text)) << text;
  }
  for (const char* text : {"", "a film", "good a film", "a good films", "another text"}) {
    EXPECT_FALSE(may(text)) << text;
  }
  EXPECT_FALSE(may_carry_trigger({"a good film", "b", 0}, plain));
  EXPECT_TRUE(may_carry_trigger({"cf a", "b", 0}, {"a", "b", 0}));
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
