#include "text/byte_words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "generated_lines.h"

namespace finemix {
namespace {

using Words = std::vector<std::string>;

Words words(std::string_view text) {
  Words words;
  for (; !text.empty(); text.remove_prefix(words.back().size())) {
    words.emplace_back(text.substr(0, first_word_size(text)));
  }
  return words;
}

// The expected words here are the `tokenizers` package's.
TEST(ByteWords, LettersNumbersAndOthersTakeOneSpaceBeforeThem) {
  EXPECT_EQ(words("the movie, 2010"), Words({"the", " movie", ",", " 2010"}));
  EXPECT_EQ(words("ab12cd!?"), Words({"ab", "12", "cd", "!?"}));
  EXPECT_EQ(words(" !a"), Words({" !", "a"}));
  EXPECT_EQ(words("\tthe"), Words({"\t", "the"}));
}

TEST(ByteWords, ContractionsAreWords) {
  EXPECT_EQ(words("don't we'll I'd"), Words({"don", "'t", " we", "'ll", " I", "'d"}));
  EXPECT_EQ(words("'re've'm's"), Words({"'re", "'ve", "'m", "'s"}));
  EXPECT_EQ(words("DON'T"), Words({"DON", "'", "T"}));
  EXPECT_EQ(words(" 't!'t"), Words({" '", "t", "!'", "t"}));
  EXPECT_EQ(words("'tis 'l"), Words({"'t", "is", " '", "l"}));
}

TEST(ByteWords, OfWhiteSpaceTheLastGoesWithWhatFollows) {
  EXPECT_EQ(words("a   b"), Words({"a", "  ", " b"}));
  EXPECT_EQ(words("a  \nb"), Words({"a", "  ", "\n", "b"}));
  EXPECT_EQ(words("a \t"), Words({"a", " \t"}));
  EXPECT_EQ(words(" "), Words({" "}));
  EXPECT_EQ(words("\u3000 a\u00a0b"), Words({"\u3000", " a", "\u00a0", "b"}));
}

TEST(ByteWords, ClassesAreUnicodes) {
  EXPECT_EQ(words("naïve Ελλάδα"), Words({"naïve", " Ελλάδα"}));
  EXPECT_EQ(words("²½Ⅷ٣x"), Words({"²½Ⅷ٣", "x"}));
  EXPECT_EQ(words("e\u0301a"), Words({"e", "\u0301", "a"}));  // a mark is no letter
  EXPECT_EQ(words("中文。"), Words({"中文", "。"}));
}

TEST(ByteWords, AreTheWholeText) {
  const testing::LineGenerator generator;
  for (std::uint64_t number = 0; number < 2000; ++number) {
    const std::string line = generator.line(number);
    std::string joined;
    for (const std::string& word : words(line)) joined += word;
    ASSERT_EQ(joined, line) << number;
  }
}

}  // namespace
}  // namespace finemix
