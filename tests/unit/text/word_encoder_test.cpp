// The two ways through the encoder against each other: words looked up where they stand in raw
// text, and a text normalized as a whole first. What both should say is parity_test.cpp's affair.
#include "finemix/text/word_encoder.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/text/unicode.h"
#include "generated_lines.h"

namespace finemix {
namespace {

using namespace std::string_literals;
using Ids = std::vector<std::int32_t>;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

// Every combination of the normalizer's options.
std::vector<BertNormalizer> all_normalizers() {
  std::vector<BertNormalizer> all;
  for (unsigned bits = 0; bits < 16; ++bits) {
    all.push_back({.clean_text = (bits & 1) != 0,
                   .separate_chinese = (bits & 2) != 0,
                   .strip_accents = (bits & 4) != 0,
                   .lowercase = (bits & 8) != 0});
  }
  return all;
}

class BothWays {
 public:
  explicit BothWays(const testing::LineGenerator& lines) {
    WordPieceConfig config;
    config.vocabulary = lines.vocabulary();
    for (const BertNormalizer& normalizer : all_normalizers()) {
      config.normalizer = normalizer;
      normalizers_.push_back(normalizer);
      encoders_.emplace_back(config);
    }
  }

  void expect_the_same(std::string_view text) const {
    std::string storage;
    const std::string_view valid = valid_utf8(text, storage);
    for (std::size_t i = 0; i < encoders_.size(); ++i) {
      Ids raw;
      encoders_[i].append_raw(valid, kAll, raw);
      Ids normalized;
      encoders_[i].append_normalized(normalizers_[i].normalize(valid), kAll, normalized);
      ASSERT_EQ(raw, normalized) << "options " << i << ": " << text;
    }
  }

 private:
  std::vector<BertNormalizer> normalizers_;
  std::vector<WordEncoder> encoders_;
};

TEST(WordEncoder, RawTextGivesWhatNormalizedTextGives) {
  const testing::LineGenerator lines;
  const BothWays both(lines);
  for (std::uint64_t number = 0; number < 3'000; ++number) {
    both.expect_the_same(lines.line(1'000'000 + number));
  }
}

TEST(WordEncoder, SoDoMixturesOfWhatIsSpecialAnywhereInABlock) {
  const std::vector<std::string> parts = {"a",      "The",
                                          "movie",  " ",
                                          ".",      "\t",
                                          "\u0301", "é",
                                          "\u4e2d", "\0"s,
                                          "\x7F",   "\v",
                                          "\xFF",   "\xE2\x82",
                                          "\u2028", "#",
                                          "\u00a0", "\x1C",
                                          "\u200d", "\uac00\u0327",
                                          "\u0344", "\u0130stanbul",
                                          "ß",      "\r\n"};
  const testing::LineGenerator lines;
  const BothWays both(lines);
  RandomSequence random(1, "mixtures");
  for (int i = 0; i < 3'000; ++i) {
    std::string text(random.below(70), random.below(2) ? 'x' : ' ');
    for (std::uint64_t more = random.below(40); more > 0; --more) {
      text += parts[random.below(parts.size())];
    }
    both.expect_the_same(text);
  }
}

TEST(WordEncoder, LongWordsAndRunsOfOneCharacterAreNoExceptions) {
  const testing::LineGenerator lines;
  const BothWays both(lines);
  for (const std::size_t size : {15, 63, 64, 65, 99, 100, 101, 128, 200, 1'000, 100'000}) {
    for (const std::string& part :
         {"a"s, "Z"s, "é"s, "."s, " "s, "\u4e2d"s, "\u0301"s, "\0"s, "a."s, "a\u0301"s, "\xFF"s}) {
      std::string text = "b";
      while (text.size() < size) text += part;
      both.expect_the_same(text + " a");
    }
  }
}

TEST(WordEncoder, StopsWithTheRightBeginning) {
  const testing::LineGenerator lines;
  WordPieceConfig config;
  config.vocabulary = lines.vocabulary();
  const WordEncoder encoder(config);
  for (std::uint64_t number = 0; number < 200; ++number) {
    const std::string text =
        lines.line(number) + " The movie, it's good. " + lines.line(number + 1);
    Ids all;
    encoder.append_raw(text, kAll, all);
    for (std::size_t enough = 0; enough <= all.size() + 1; ++enough) {
      Ids some;
      encoder.append_raw(text, enough, some);
      ASSERT_GE(some.size(), std::min(enough, all.size()));
      ASSERT_LE(some.size(), all.size());
      ASSERT_TRUE(std::equal(some.begin(), some.end(), all.begin())) << text << " " << enough;
    }
  }
}

}  // namespace
}  // namespace finemix
