#include "finemix/text/word_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "finemix/core/random.h"

namespace finemix {
namespace {

using namespace std::string_literals;

std::int32_t find(const WordTable& table, std::string_view word) {
  return table.find(WordKey(word));
}

TEST(WordKey, TellsWordsApart) {
  const std::vector<std::string> words = {"a",         "a\0"s,        "\0a"s,        "\0"s,
                                          "abcdefgh",  "abcdefgh\0"s, "abcdefghijk", "\0\0"s,
                                          "abcdefghi", "bbcdefghijk", "abcdefghijl"};
  for (const std::string& one : words) {
    for (const std::string& other : words) {
      EXPECT_EQ(WordKey(one) == WordKey(other), one == other) << one << " " << other;
    }
  }
}

TEST(WordKey, IgnoresWhatStandsBehindTheWord) {
  const std::string text = "abcdefghijklmnop";
  for (std::size_t size = 1; size <= WordKey::kMaxBytes; ++size) {
    EXPECT_TRUE(WordKey(text.data(), size) == WordKey(std::string_view(text).substr(0, size)));
  }
}

TEST(WordKey, LowersCapitalLettersOnly) {
  for (char c = 1; c < 0x7F; ++c) {
    const std::string text(WordKey::kMaxBytes, c);
    const std::string expected(WordKey::kMaxBytes,
                               static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
    EXPECT_TRUE(WordKey(text).lowered() == WordKey(expected)) << c;
  }
}

TEST(WordTable, FindsShortWordsOnly) {
  const WordTable table(std::vector<std::string>{"a", "", "abcdefghijk", "abcdefghijkl", "é"});
  EXPECT_EQ(find(table, "a"), 0);
  EXPECT_EQ(find(table, "abcdefghijk"), 2);
  EXPECT_EQ(find(table, "é"), 4);
  for (const std::string& other :
       {"b"s, "a\0"s, "abcdefghij"s, "abcdefghijkl"s, std::string(99, 'a')}) {
    EXPECT_EQ(find(table, other), -1) << other;
  }
  EXPECT_EQ(find(WordTable(std::vector<std::string>{}), "a"), -1);
}

TEST(WordTable, NeverGivesTheIdOfAnotherWord) {
  RandomSequence random(1, "words");
  std::vector<std::string> words;
  for (int i = 0; i < 30'000; ++i) words.push_back("w" + std::to_string(i));
  const WordTable table(words);
  std::size_t missing = 0;
  for (int i = 0; i < 60'000; ++i) {
    const std::int32_t id = find(table, "w" + std::to_string(i));
    if (id < 0) ++missing;
    ASSERT_TRUE(id == i || id == -1) << i;
  }
  EXPECT_LT(missing, 30'600u);  // hardly any of those that are in it
}

// Words whose keys land on one place: those that find no room are not in the table, and a look-up
// stays short.
TEST(WordTable, CollisionsAreTakenInTurnsAndBounded) {
  std::vector<std::string> all;
  for (int i = 0; i < 400'000; ++i) all.push_back("w" + std::to_string(i));
  const WordTable probe(all);
  std::vector<std::string> words;
  const std::uint32_t place = probe.place(WordKey("w0"));
  for (const std::string& word : all) {
    if (probe.place(WordKey(word)) / 4096 == place / 4096) words.push_back(word);
  }
  ASSERT_GT(words.size(), 1'000u);  // a place, once the table is as small as their number asks for
  const WordTable table(words);
  std::size_t found = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::int32_t id = find(table, words[i]);
    ASSERT_TRUE(id == static_cast<std::int32_t>(i) || id == -1);
    found += id >= 0;
  }
  EXPECT_GT(found, 0u);
  EXPECT_LT(found, words.size());
  for (const std::string& word : {"w400000"s, "x"s}) EXPECT_EQ(find(table, word), -1);
}

}  // namespace
}  // namespace finemix
