// Tokenizers over sentencepiece models against transformers: hashes of its answers, made by
// scripts/oracle/tokenizer/make_expected_hashes.py of what make_spm_families.py made.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "../io/cost_testing.h"
#include "expected_hashes.h"
#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"
#include "generated_lines.h"

namespace finemix {
namespace {

using testing::expect_hashes;
using testing::Hash;
using testing::LineGenerator;
using testing::processor_seconds;
using testing::read_expected_hashes;

constexpr std::size_t kNoLimit = 1 << 30;
const std::filesystem::path kDirectory = FINEMIX_TEST_DATA "/text/spm";

std::shared_ptr<const Tokenizer> tokenizer(const std::string& name) {
  return load_tokenizer(kDirectory / name);
}

TEST(SpmFamilies, EncodeGeneratedLines) {
  constexpr std::size_t kBlock = 500;
  const LineGenerator generator;
  const auto all = read_expected_hashes("spm_line_hashes.txt");
  ASSERT_EQ(all.size(), 12u);
  for (const auto& [series, expected] : all) {
    const std::size_t space = series.find(' ');
    const auto model = tokenizer(series.substr(0, space));
    ASSERT_EQ(expected.size() * kBlock, std::stoul(series.substr(space)));
    expect_hashes(series, expected, [&](std::size_t block) {
      Hash hash;
      for (std::uint64_t number = block * kBlock; number < (block + 1) * kBlock; ++number) {
        const std::string text = generator.line(number);
        hash.add_encoding(model->encode({text, std::nullopt, -1}, kNoLimit));
        if (number % 4 != 0) continue;
        hash.add_encoding(
            model->encode({text, generator.line(number + 1), -1}, 4 + number / 4 % 61));
      }
      return hash.value();
    });
  }
}

TEST(SpmFamilies, EncodeSharedData) {
  constexpr std::size_t kBlock = 1000;
  const std::filesystem::path shared = FINEMIX_SHARED_DATA;
  if (!std::filesystem::exists(shared)) GTEST_SKIP() << "no data at " << shared;
  const auto all = read_expected_hashes("spm_shared_data_hashes.txt");
  ASSERT_EQ(all.size(), 64u);
  for (const auto& [series, expected] : all) {
    const std::size_t first = series.find(' ');
    const std::size_t second = series.find(' ', first + 1);
    const auto model = tokenizer(series.substr(0, first));
    const Dataset data = read_dataset(shared / series.substr(first + 1, second - first - 1), true);
    const std::size_t max_length = std::stoul(series.substr(second));
    ASSERT_EQ(expected.size(), (data.size() + kBlock - 1) / kBlock);
    expect_hashes(series, expected, [&](std::size_t block) {
      Hash hash;
      const std::size_t end = std::min((block + 1) * kBlock, data.size());
      for (std::size_t i = block * kBlock; i < end; ++i) {
        hash.add_encoding(model->encode(data.examples[i], max_length));
      }
      return hash.value();
    });
  }
}

// The ids that a model directory's embedding has rows for.
TEST(SpmFamilies, SpecialTokensHaveTheFamiliesIds) {
  const auto ids = [](const std::string& name, std::initializer_list<const char*> tokens) {
    std::vector<std::int32_t> found;
    for (const char* token : tokens) found.push_back(tokenizer(name)->id(token));
    return found;
  };
  using Ids = std::vector<std::int32_t>;
  EXPECT_EQ(ids("albert", {"<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"}), (Ids{0, 1, 2, 3, 4}));
  EXPECT_EQ(ids("xlmr", {"<s>", "<pad>", "</s>", "<unk>"}), (Ids{0, 1, 2, 3}));
  EXPECT_EQ(ids("camembert", {"<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<s>", "</s>"}),
            (Ids{0, 1, 2, 3, 5, 6}));
  EXPECT_EQ(ids("deberta", {"[PAD]", "[CLS]", "[SEP]", "[UNK]"}), (Ids{0, 1, 2, 3}));
  for (const char* name : {"xlmr", "camembert"}) {
    const auto model = tokenizer(name);
    EXPECT_EQ(model->id("<mask>"), static_cast<std::int32_t>(model->vocabulary_size()) - 1);
  }
}

TEST(SpmFamilies, TheModelAndTokenizerJsonAgree) {
  for (const char* name : {"albert", "deberta", "xlmr"}) {
    check_same_vocabulary(*tokenizer(name), *tokenizer(std::string(name) + "_json"));
  }
}

// Eight times the text takes eight times as long; a quadratic step would take 64 times as long.
TEST(SpmFamilies, TimeIsLinearInPathologicalTexts) {
  const auto repeat = [](std::string_view unit, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += unit;
    return text;
  };
  constexpr std::string_view kUnits[] = {
      "a",       "\u0301", " ", "\u2581",           "\xFF",   {"\0", 1}, "\u0301\u0323",
      "a\u0301", "``",     "(", "\U0001F44D\u200D", "\u1100", "[MASK",   "a ",
      "\uFDFA"};
  for (const char* name : {"albert", "camembert", "deberta", "xlmr", "xlmr_bpe", "bytes_json"}) {
    const auto model = tokenizer(name);
    for (const std::string_view unit : kUnits) {
      const std::size_t small = 40'000 / unit.size();
      // In the first a mark hangs on a letter, so that something is left of every text.
      const std::string one = "x" + repeat(unit, small) + "x";
      const std::string eight = "x" + repeat(unit, 8 * small) + "x";
      SCOPED_TRACE(std::string(name) + ": '" + std::string(unit) + "'");
      testing::expect_growth_below(
          24, 0.02, [&] { EXPECT_FALSE(model->pieces(one).empty()); },
          [&] { EXPECT_FALSE(model->pieces(eight).empty()); });
    }
  }
}

TEST(SpmFamilies, TenMegabytesOfOneLetter) {
  for (const char* name : {"albert", "xlmr_bpe"}) {
    const auto model = tokenizer(name);
    const double start = processor_seconds();
    EXPECT_FALSE(model->pieces(std::string(10 << 20, 'a')).empty());
    EXPECT_LT(processor_seconds() - start, 10) << name;
  }
}

}  // namespace
}  // namespace finemix
