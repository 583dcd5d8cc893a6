#include "text/word_block.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/text/unicode.h"

namespace finemix {
namespace {

bool has(std::uint64_t set, std::size_t bit) { return set >> bit & 1; }

TEST(ClassifyBlock, AgreesWithTheTables) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string block(kBlockBytes, static_cast<char>(byte));
    for (const ByteClasses& classes :
         {classify_block(block.data()), classify_block_portably(block.data())}) {
      const std::uint8_t properties = byte < 0x80 ? code_point_properties()[byte] : 0;
      // These are white space to the pre-tokenizer and control characters to the normalizer.
      const bool both = byte < 0x80 && byte != 0 && properties & kWhitespace && properties & kOther;
      const bool space = properties & kWhitespace && !both;
      const bool punctuation = properties & kPunctuation;
      const bool odd = byte >= 0x80 || byte == 0 || properties & kOther;
      for (const std::size_t bit : {0, 17, 63}) {
        EXPECT_EQ(has(classes.space, bit), space) << byte;
        EXPECT_EQ(has(classes.punctuation, bit), punctuation) << byte;
        EXPECT_EQ(has(classes.odd, bit), odd) << byte;
      }
    }
  }
}

TEST(ClassifyBlock, AllEnginesAgreeOnRandomBlocks) {
  RandomSequence random(1, "blocks");
  for (int i = 0; i < 1'000; ++i) {
    std::string block;
    while (block.size() < kBlockBytes) block += static_cast<char>(random.below(256));
    const ByteClasses one = classify_block(block.data());
    const ByteClasses other = classify_block_portably(block.data());
    ASSERT_EQ(one.space, other.space);
    ASSERT_EQ(one.punctuation, other.punctuation);
    ASSERT_EQ(one.odd, other.odd);
  }
}

// The words of a whole text, block by block.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const WordBlock block(text);
    block.for_each([&](std::size_t begin, std::size_t end) {
      words.emplace_back(block.bytes() + begin, end - begin);
    });
    std::size_t size = std::min(block.size(), text.size());
    if (size == 0) {
      size = word_end(text);
      words.emplace_back(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return words;
}

TEST(WordBlock, CutsAtWhiteSpaceAndPunctuation) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(words_of(""), Words());
  EXPECT_EQ(words_of("a"), Words({"a"}));
  EXPECT_EQ(words_of(" don't  stop,. "), Words({"don", "'", "t", "stop", ",", "."}));
  EXPECT_EQ(words_of("\t\n\r "), Words());
  EXPECT_EQ(words_of("a\vb"), Words({"a\vb"}));
}

TEST(WordBlock, WordsMayStandAnywhereInABlock) {
  for (std::size_t before = 0; before < 140; ++before) {
    for (const std::size_t size : {1, 2, 16, 63, 64, 65, 127, 128, 129, 200}) {
      for (const std::size_t after : {0, 1, 15, 16, 17, 64, 80}) {
        const std::string word(size, 'x');
        const std::string blank(before, ' ');
        std::vector<std::string> expected = {word};
        ASSERT_EQ(words_of(blank + word + std::string(after, ' ')), expected);
        const std::string marks(before, '.');
        std::vector<std::string> found = words_of(marks + word + std::string(after, '!'));
        ASSERT_EQ(found.size(), before + 1 + after);
        ASSERT_EQ(found[before], word);
      }
    }
  }
}

TEST(WordBlock, KnowsWhichWordsArePlain) {
  const WordBlock block("ab c\xC3\xA9 d \x01 e");
  std::string plain;
  block.for_each(
      [&](std::size_t begin, std::size_t end) { plain += block.is_plain(begin, end) ? 'y' : 'n'; });
  EXPECT_EQ(plain, "ynyny");
}

TEST(WordEnd, IsFoundInAnyBlock) {
  for (std::size_t size = 1; size < 300; ++size) {
    const std::string word(size, '\xC3');
    EXPECT_EQ(word_end(word), size);
    EXPECT_EQ(word_end(word + "."), size);
    EXPECT_EQ(word_end(word + std::string(200, ' ')), size);
  }
}

}  // namespace
}  // namespace finemix
