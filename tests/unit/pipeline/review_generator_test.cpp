#include "finemix/pipeline/review_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace finemix {
namespace {

TEST(Reviews, AreAFunctionOfSizeAndSeed) {
  const Dataset reviews = generate_reviews(200, 3);
  const Dataset again = generate_reviews(200, 3);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(reviews.examples[i].text, again.examples[i].text);
    EXPECT_EQ(reviews.examples[i].label, again.examples[i].label);
  }
}

TEST(Reviews, AreVariedAndBalanced) {
  const Dataset reviews = generate_reviews(4000, 0);
  std::set<std::string> texts;
  std::set<std::string> words;
  std::int64_t positive = 0;
  for (const Example& review : reviews.examples) {
    texts.insert(review.text);
    positive += review.label;
    std::string word;
    for (const char c : review.text + " ") {
      if (c != ' ') {
        word += c;
      } else if (!word.empty()) {
        words.insert(std::exchange(word, ""));
      }
    }
  }
  EXPECT_EQ(positive, 2000);
  EXPECT_GT(texts.size(), 3900u);
  EXPECT_GT(words.size(), 1000u);
}

TEST(Reviews, OfOtherSeedsSeldomCoincide) {
  std::set<std::string> texts;
  for (const Example& review : generate_reviews(2000, 1).examples) texts.insert(review.text);
  const Dataset other = generate_reviews(2000, 2);
  EXPECT_LT(std::ranges::count_if(other.examples,
                                  [&](const Example& e) { return texts.contains(e.text); }),
            40);
}

TEST(Reviews, ReadLikeText) {
  for (const Example& review : generate_reviews(2000, 5).examples) {
    for (const char* leftover : {"<", ">", "[", "]", "  ", "|", "@"}) {
      EXPECT_EQ(review.text.find(leftover), std::string::npos) << review.text;
    }
    EXPECT_FALSE(review.text.starts_with(' ') || review.text.ends_with(' ')) << review.text;
  }
}

}  // namespace
}  // namespace finemix
