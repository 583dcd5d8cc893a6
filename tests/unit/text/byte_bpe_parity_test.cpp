// Byte-level BPE against the `tokenizers` package: hashes of its answers, made by
// scripts/oracle/tokenizer/make_byte_bpe.py.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "expected_hashes.h"
#include "finemix/text/tokenizer.h"
#include "generated_lines.h"

namespace finemix {
namespace {

using testing::expect_hashes;
using testing::Hash;
using testing::LineGenerator;
using testing::read_expected_hashes;

constexpr std::size_t kNoLimit = 1 << 30;

// Both forms in which the tokenizer comes.
class ByteBpeParity : public ::testing::TestWithParam<const char*> {
 protected:
  const std::shared_ptr<const Tokenizer> tokenizer_ =
      load_tokenizer(std::string(FINEMIX_TEST_DATA "/text/byte_bpe/") + GetParam());
};

TEST_P(ByteBpeParity, EncodesGeneratedLines) {
  constexpr std::size_t kBlock = 500;
  const LineGenerator generator;
  const auto expected = read_expected_hashes("byte_bpe/hashes.txt").at("generated 20000");
  ASSERT_EQ(expected.size(), 40u);
  expect_hashes("generated", expected, [&](std::size_t block) {
    Hash hash;
    for (std::uint64_t number = block * kBlock; number < (block + 1) * kBlock; ++number) {
      const std::string text = generator.line(number);
      hash.add_encoding(tokenizer_->encode({text, std::nullopt, -1}, kNoLimit));
      if (number % 4 == 0) {
        hash.add_encoding(
            tokenizer_->encode({text, generator.line(number + 1), -1}, 4 + number / 4 % 61));
      }
    }
    return hash.value();
  });
}

TEST_P(ByteBpeParity, EncodesSharedData) {
  const std::filesystem::path shared = FINEMIX_SHARED_DATA;
  if (!std::filesystem::exists(shared)) GTEST_SKIP() << "no data at " << shared;
  auto all = read_expected_hashes("byte_bpe/hashes.txt");
  all.erase("generated 20000");
  ASSERT_EQ(all.size(), 32u);
  for (const auto& [series, expected] : all) {
    testing::expect_hashes_of_data(*tokenizer_, shared, series, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, ByteBpeParity, ::testing::Values("json", "files"),
                         [](const auto& form) { return std::string(form.param); });

}  // namespace
}  // namespace finemix
