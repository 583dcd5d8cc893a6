// Files that ask for much time or memory, made here since they are large.
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "../io/cost_testing.h"
#include "../io/io_testing.h"
#include "finemix/io/json.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

constexpr std::string_view kVocabulary = "[UNK]\n[CLS]\n[SEP]\na\n";

TEST(HostileTokenizerCosts, ManyAddedTokensAreReadInLinearTime) {
  std::string tokens;
  for (int i = 0; i < 120'000; ++i) {
    tokens += (i == 0 ? "{\"t" : ", \"t") + std::to_string(i) + "\": " + std::to_string(4 + i);
  }
  const testing::TemporaryDirectory directory;
  testing::write_file(directory / "vocab.txt", kVocabulary);
  testing::write_file(directory / "added_tokens.json", tokens + "}");
  const double start = testing::processor_seconds();
  EXPECT_EQ(load_tokenizer(directory.path())->vocabulary_size(), 120'004u);
  EXPECT_LT(testing::processor_seconds() - start, 3);
}

// More of anything than a vocabulary may have.
TEST(HostileTokenizerCosts, TooManyOfAnythingAreCountedBeforeTheyAreRead) {
  std::string numbers = "[1";
  for (int i = 0; i < 1'000'000; ++i) numbers += ",1";
  numbers += "]";
  const testing::TemporaryDirectory directory;
  testing::write_file(directory / "vocab.txt", kVocabulary);
  testing::write_file(directory / "tokenizer_config.json",
                      R"({"additional_special_tokens": )" + numbers + "}");
  testing::expect_error(ErrorKind::kMalformed,
                        {"'additional_special_tokens' has 1000001 tokens", "at most 1000000"},
                        [&] { load_tokenizer(directory.path()); });
  const testing::TemporaryDirectory unigram;
  testing::write_file(unigram / "tokenizer.json",
                      R"({"model": {"type": "Unigram", "unk_id": 0, "vocab": )" + numbers + "}}");
  testing::expect_error(ErrorKind::kMalformed,
                        {"tokenizer.json", "1000001 pieces", "at most 1000000"},
                        [&] { load_tokenizer(unigram.path()); });
}

TEST(HostileTokenizerCosts, ALongVocabularyIsRefusedBeforeMuchIsBuiltOfIt) {
  constexpr int kTokens = 20'000;
  std::string lines(kVocabulary);
  for (int i = 0; i < kTokens; ++i) {
    const std::string number = std::to_string(i);
    lines += number + std::string(500 - number.size(), 'x') + "\n";
  }
  const testing::TemporaryDirectory directory;
  testing::write_file(directory / "vocab.txt", lines);
  ASSERT_TRUE(testing::forget_peak_memory());
  const std::uint64_t before = testing::peak_memory();
  testing::expect_error(ErrorKind::kMalformed, {"vocab.txt", "expected at most 8388608"},
                        [&] { load_tokenizer(directory.path()); });
  EXPECT_LE(testing::peak_memory() - before, 128u << 20);
}

// A file that steps back and forth over its own growth; a text of this length is in any data set.
TEST(HostileTokenizerCosts, ATextIsRefusedBeforeItGrowsBeyondMemory) {
  const testing::TemporaryDirectory directory;
  const auto file = std::filesystem::path(FINEMIX_TEST_DATA "/text/spm_small/tokenizer.json");
  Json json = read_json_file(file);
  Json step = {
      {"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(32, 'a')}};
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", {step, step}}};
  testing::write_file(directory / "tokenizer.json", json.dump());
  const auto tokenizer = load_tokenizer(directory.path());
  EXPECT_FALSE(tokenizer->pieces("a").empty());
  const std::string text(100'000, 'a');
  ASSERT_TRUE(testing::forget_peak_memory());
  const std::uint64_t before = testing::peak_memory();
  testing::expect_error(ErrorKind::kMalformed,
                        {(directory / "tokenizer.json").native(), "of a text of 100000"},
                        [&] { tokenizer->pieces(text); });
  EXPECT_LE(testing::peak_memory() - before, 64u << 20);
}

}  // namespace
}  // namespace finemix
