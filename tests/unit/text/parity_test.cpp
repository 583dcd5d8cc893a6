// The whole way from text to ids against the `tokenizers` package: hashes of its answers, made by
// scripts/oracle/tokenizer/make_expected_hashes.py.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "../io/io_testing.h"
#include "expected_hashes.h"
#include "finemix/io/json.h"
#include "finemix/text/normalizer.h"
#include "finemix/text/wordpiece.h"
#include "generated_lines.h"

namespace finemix {
namespace {

using testing::expect_hashes;
using testing::Hash;
using testing::LineGenerator;
using testing::read_expected_hashes;

constexpr std::size_t kNoLimit = 1 << 30;

BertNormalizer option_set(const std::string& name) {
  BertNormalizer options;
  if (name == "cased") options.lowercase = options.strip_accents = false;
  if (name == "lower_with_accents") options.strip_accents = false;
  if (name == "cased_without_accents") options.lowercase = false;
  if (name == "raw") options.clean_text = options.separate_chinese = false;
  return options;
}

TEST(Parity, NormalizesEveryCodePoint) {
  constexpr char32_t kBlock = 16384;
  constexpr char32_t kSurrogates = 0x800;
  const auto all = read_expected_hashes("code_point_hashes.txt");
  ASSERT_EQ(all.size(), 5u);
  for (const auto& [name, expected] : all) {
    ASSERT_EQ(expected.size(), (kCodePoints - kSurrogates + kBlock - 1) / kBlock);
    const BertNormalizer options = option_set(name);
    expect_hashes(name, expected, [&](std::size_t block) {
      Hash hash;
      std::string text;
      for (char32_t i = 0; i < kBlock; ++i) {
        char32_t code = static_cast<char32_t>(block) * kBlock + i;
        if (code >= 0xD800) code += kSurrogates;
        if (code >= kCodePoints) break;
        text.clear();
        append_utf8(text, code);
        hash.add_text(options.normalize(text));
      }
      return hash.value();
    });
  }
}

TEST(Parity, EncodesGeneratedLines) {
  constexpr std::size_t kBlock = 500;
  const LineGenerator generator;
  const auto all = read_expected_hashes("line_hashes.txt");
  ASSERT_EQ(all.size(), 5u);
  std::size_t lines = 0;
  for (const auto& [series, expected] : all) {
    WordPieceConfig config;
    config.name = "generated vocabulary";
    config.vocabulary = generator.vocabulary();
    config.normalizer = option_set(series.substr(0, series.find(' ')));
    for (std::int32_t id = 0; id < 5; ++id) {
      config.added_tokens.push_back({config.vocabulary[static_cast<std::size_t>(id)], id});
    }
    set_bert_templates(config, 2, 3);
    const WordPieceTokenizer tokenizer(config);
    lines += expected.size() * kBlock;
    expect_hashes(series, expected, [&](std::size_t block) {
      Hash hash;
      for (std::uint64_t number = block * kBlock; number < (block + 1) * kBlock; ++number) {
        const std::string text = generator.line(number);
        hash.add_text(config.normalizer.normalize(text));
        hash.add_encoding(tokenizer.encode({text, std::nullopt, -1}, kNoLimit));
        if (number % 4 == 0) {
          hash.add_encoding(
              tokenizer.encode({text, generator.line(number + 1), -1}, 3 + number / 4 % 61));
        }
      }
      return hash.value();
    });
  }
  EXPECT_EQ(lines, 115'000u);
}

TEST(Parity, EncodesTrickyTexts) {
  std::map<std::string, std::shared_ptr<const Tokenizer>> tokenizers;
  std::ifstream file(FINEMIX_TEST_DATA "/text/examples.jsonl");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const Json json = parse_json(line, "examples.jsonl");
    const std::string model = json["model"];
    auto& tokenizer = tokenizers[model];
    if (!tokenizer) tokenizer = load_tokenizer(std::string(FINEMIX_TEST_DATA "/text/") + model);
    const auto texts = json["texts"].get<std::vector<std::string>>();
    Example example{texts[0], std::nullopt, -1};
    if (texts.size() == 2) example.text_b = texts[1];
    const Encoding found = tokenizer->encode(example, json["max_length"]);
    EXPECT_EQ(found.ids, json["ids"].get<std::vector<std::int32_t>>()) << line;
    EXPECT_EQ(found.type_ids, json["type_ids"].get<std::vector<std::uint8_t>>()) << line;
  }
  EXPECT_EQ(count, 468u);
}

// The directory with MiniLM's tokenizer: of the build, or FINEMIX_MINILM_DIR. Empty: not there.
std::filesystem::path minilm_directory() {
  const char* given = std::getenv("FINEMIX_MINILM_DIR");
  const std::filesystem::path directory = given != nullptr ? given : FINEMIX_MINILM;
  return std::filesystem::exists(directory / "vocab.txt") ? directory : std::filesystem::path();
}

TEST(Parity, VocabularyFileAndTokenizerJsonOfMiniLmAgree) {
  const std::filesystem::path directory = minilm_directory();
  if (directory.empty()) GTEST_SKIP() << "MiniLM is not at " FINEMIX_MINILM;
  const testing::TemporaryDirectory old_style;
  for (const char* name : {"vocab.txt", "tokenizer_config.json"}) {
    std::filesystem::copy(directory / name, old_style / name);
  }
  const auto one = load_tokenizer(directory);
  const auto other = load_tokenizer(old_style.path());
  check_same_vocabulary(*one, *other);
  EXPECT_TRUE(std::ranges::equal(one->special_ids(), other->special_ids()));
  const LineGenerator generator;
  for (std::uint64_t number = 0; number < 1000; ++number) {
    const Example example{generator.line(number), generator.line(number + 1), -1};
    ASSERT_EQ(one->encode(example, 64).ids, other->encode(example, 64).ids) << number;
  }
}

TEST(Parity, EncodesSharedDataWithMiniLm) {
  const std::filesystem::path shared = FINEMIX_SHARED_DATA;
  if (minilm_directory().empty()) GTEST_SKIP() << "MiniLM is not at " FINEMIX_MINILM;
  if (!std::filesystem::exists(shared)) GTEST_SKIP() << "no data at " << shared;
  const auto tokenizer = load_tokenizer(minilm_directory());
  const auto all = read_expected_hashes("shared_data_hashes.txt");
  ASSERT_EQ(all.size(), 32u);
  for (const auto& [series, expected] : all) {
    testing::expect_hashes_of_data(*tokenizer, shared, series, expected);
  }
}

}  // namespace
}  // namespace finemix
