#include "finemix/text/normalizer.h"

#include <gtest/gtest.h>

#include <string>

#include "../io/cost_testing.h"

namespace finemix {
namespace {

using namespace std::string_literals;

constexpr BertNormalizer kNothing{false, false, false, false};

double seconds_to_normalize(const BertNormalizer& normalizer, const std::string& text) {
  const double start = testing::processor_seconds();
  normalizer.normalize(text);
  return testing::processor_seconds() - start;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(BertNormalizer, DoesNothingUnlessAsked) {
  EXPECT_EQ(kNothing.normalize("É中\t\0\u00ADx"s), "É中\t\0\u00ADx"s);
}

TEST(BertNormalizer, CleansText) {
  BertNormalizer normalizer = kNothing;
  normalizer.clean_text = true;
  EXPECT_EQ(normalizer.normalize("a\0b\uFFFDc\u00ADd\u0007e"s), "abcde");
  EXPECT_EQ(normalizer.normalize("a\tb\nc\rd\u00A0e\u3000f"), "a b c d e f");
  EXPECT_EQ(normalizer.normalize("a\u0085b"), "ab");  // white space, but a control character first
}

TEST(BertNormalizer, PutsSpacesAroundIdeographs) {
  BertNormalizer normalizer = kNothing;
  normalizer.separate_chinese = true;
  EXPECT_EQ(normalizer.normalize("a中b漢"), "a 中 b 漢 ");
  EXPECT_EQ(normalizer.normalize("ひ가"), "ひ가");
}

TEST(BertNormalizer, StripsAccents) {
  BertNormalizer normalizer = kNothing;
  normalizer.strip_accents = true;
  EXPECT_EQ(normalizer.normalize("É e\u0301 Ồ ß"), "E e O ß");
  EXPECT_EQ(normalizer.normalize("가"), "\u1100\u1161");
}

// A mark of class 224 that is spacing, so that it stays, and the musical stem of class 216.
TEST(BertNormalizer, SortsWhatIsLeftOfCombiningCharacters) {
  BertNormalizer normalizer = kNothing;
  normalizer.strip_accents = true;
  EXPECT_EQ(normalizer.normalize("a\u302E\u0301\U0001D165"), "a\U0001D165\u302E");
  EXPECT_EQ(normalizer.normalize("a\u302Eb\U0001D165"), "a\u302Eb\U0001D165");
  EXPECT_EQ(normalizer.normalize("a\u302E\u302Fb"), "a\u302E\u302Fb");  // equals keep their order
}

TEST(BertNormalizer, LowersEachCharacterByItself) {
  BertNormalizer normalizer = kNothing;
  normalizer.lowercase = true;
  EXPECT_EQ(normalizer.normalize("AbÉ ΑΣ"), "abé ασ");
  EXPECT_EQ(normalizer.normalize("İ"), "i\u0307");
}

TEST(BertNormalizer, LinearForCombiningMarks) {
  EXPECT_LT(seconds_to_normalize({}, "a" + repeated("\u0301\u0323", 500'000)), 1.0);
  EXPECT_LT(seconds_to_normalize({}, "a" + repeated("\u302E\U0001D165", 500'000)), 1.0);
}

}  // namespace
}  // namespace finemix
