#include "finemix/text/piece_matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../io/cost_testing.h"
#include "finemix/core/random.h"

namespace finemix {
namespace {

using Ids = std::vector<std::int32_t>;
using Vocabulary = std::vector<std::string>;

std::optional<Ids> match(const PieceMatcher& matcher, std::string_view word) {
  Ids ids;
  if (!matcher.append(word, ids)) return std::nullopt;
  return ids;
}

// By definition: the longest token first, then the longest of the rest.
std::optional<Ids> by_definition(const Vocabulary& vocabulary, const std::string& prefix,
                                 std::string_view word) {
  Ids ids;
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t size = word.size() - begin;
    for (; size > 0; --size) {
      const std::string piece = (begin > 0 ? prefix : "") + std::string(word.substr(begin, size));
      const auto found = std::ranges::find(vocabulary, piece);
      if (found == vocabulary.end()) continue;
      ids.push_back(static_cast<std::int32_t>(found - vocabulary.begin()));
      break;
    }
    if (size == 0) return std::nullopt;
    begin += size;
  }
  return ids;
}

TEST(PieceMatcher, TakesTheLongestPieceFirst) {
  // The example of the paper.
  const Vocabulary vocabulary = {"a", "abcdx", "##b", "##c", "##cdy", "##dz"};
  const PieceMatcher matcher(vocabulary, "##");
  EXPECT_EQ(match(matcher, "abcdz"), Ids({0, 2, 3, 5}));
  EXPECT_EQ(match(matcher, "abcdx"), Ids({1}));
  EXPECT_EQ(match(matcher, "abcdy"), Ids({0, 2, 4}));
  EXPECT_EQ(match(matcher, "abcd"), std::nullopt);
  EXPECT_EQ(match(matcher, "abcz"), std::nullopt);
  EXPECT_EQ(match(matcher, "z"), std::nullopt);
}

TEST(PieceMatcher, FindsTokens) {
  const PieceMatcher matcher(Vocabulary{"a", "", "##b", "##"}, "##");
  EXPECT_EQ(matcher.find("a"), 0);
  EXPECT_EQ(matcher.find("##b"), 2);
  EXPECT_EQ(matcher.find("##"), 3);
  for (const char* other : {"", "b", "#", "\xFF",
                            "\xFF"
                            "b"})
    EXPECT_EQ(matcher.find(other), -1);
}

TEST(PieceMatcher, AVocabularyMayLackPiecesThatGoOn) {
  const PieceMatcher matcher(Vocabulary{"a", "##"}, "##");
  EXPECT_EQ(match(matcher, "a"), Ids({0}));
  EXPECT_EQ(match(matcher, "aa"), std::nullopt);
  EXPECT_EQ(match(PieceMatcher(Vocabulary{}, "##"), "a"), std::nullopt);
}

TEST(PieceMatcher, ThePrefixMayBeAnything) {
  for (const std::string prefix : {"", "a", "ab"}) {
    const Vocabulary vocabulary = {"a", "b", "ab", "abb", "aab", "aba", "abab"};
    const PieceMatcher matcher(vocabulary, prefix);
    for (unsigned bits = 0; bits < 1 << 10; ++bits) {
      std::string word;
      for (int i = 0; i < 10; ++i) word += bits >> i & 1 ? 'a' : 'b';
      ASSERT_EQ(match(matcher, word), by_definition(vocabulary, prefix, word)) << prefix << word;
    }
  }
}

TEST(PieceMatcher, AgreesWithTheDefinitionOnRandomVocabularies) {
  RandomSequence random(1, "vocabularies");
  const auto draw = [&](std::uint64_t longest) {
    std::string text;
    for (std::uint64_t size = 1 + random.below(longest); size > 0; --size) {
      text += static_cast<char>('a' + random.below(2 + size % 2));
    }
    return text;
  };
  std::size_t known = 0;
  for (int round = 0; round < 300; ++round) {
    std::set<std::string> tokens;
    if (round % 3 != 0) tokens = {"a", "b", "##a", "##b", "##c"};
    for (std::uint64_t n = random.below(40); n > 0; --n) {
      tokens.insert((random.below(2) ? "##" : "") + draw(12));
    }
    const Vocabulary vocabulary(tokens.begin(), tokens.end());
    const PieceMatcher matcher(vocabulary, "##");
    for (int i = 0; i < 100; ++i) {
      const std::string word = draw(30);
      const auto expected = by_definition(vocabulary, "##", word);
      known += expected.has_value();
      ASSERT_EQ(match(matcher, word), expected) << word;
    }
  }
  EXPECT_GT(known, 10'000u);
}

// Each piece is found only after 512 bytes were looked at, if they are looked at anew.
TEST(PieceMatcher, TakesLinearTimeWhateverTheVocabulary) {
  const Vocabulary vocabulary = {"a", "##a", "##" + std::string(509, 'a') + "b"};
  const PieceMatcher matcher(vocabulary, "##");
  const std::string word(8 << 20, 'a');
  Ids ids;
  const double start = testing::processor_seconds();
  EXPECT_TRUE(matcher.append(word, ids));
  EXPECT_LT(testing::processor_seconds() - start, 5.0);
  EXPECT_EQ(ids.size(), word.size());
}

}  // namespace
}  // namespace finemix
