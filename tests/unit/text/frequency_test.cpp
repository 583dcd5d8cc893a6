#include "finemix/text/frequency.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

// Ids: [UNK] 0, [CLS] 1, [SEP] 2, a 3, ##b 4, # 5.
std::shared_ptr<const Tokenizer> small_tokenizer() {
  const TemporaryDirectory directory;
  write_file(directory / "vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\n##b\n#\n");
  return load_tokenizer(directory.path());
}

Frequencies counts(std::string_view text) {
  const TemporaryDirectory directory;
  return read_counts(write_file(directory / "counts.tsv", text), *small_tokenizer());
}

TEST(ReadCounts, ReadsTokensAndCounts) {
  EXPECT_EQ(counts("a\t5\n##b\t69454964\nnothing\t3\n"), (Frequencies{0, 0, 0, 5, 69454964, 0}));
  EXPECT_EQ(counts("token\tcount\r\na\t18446744073709551615\r\n\r\n"),
            (Frequencies{0, 0, 0, 18446744073709551615u, 0, 0}));
  EXPECT_EQ(counts("#\t7"), (Frequencies{0, 0, 0, 0, 0, 7}));
}

TEST(ReadCounts, NamesTheLineThatIsWrong) {
  for (const char* line : {"a\tmany", "a", "a\t-1", "a\t1.5", "a\t99999999999999999999", "a\t"}) {
    expect_error(ErrorKind::kMalformed, {"counts.tsv:2", "a count"},
                 [&] { counts("a\t5\n" + std::string(line) + "\n"); });
  }
  expect_error(ErrorKind::kMalformed, {"counts.tsv:1"}, [] { counts("just text\na\t1\n"); });
}

TEST(ReadCounts, ThoseOfAnotherVocabularyAreRefused) {
  expect_error(ErrorKind::kMalformed, {"counts.tsv", "vocabulary"},
               [] { counts("token\tcount\nx\t5\n"); });
  expect_error(ErrorKind::kMalformed, {"counts.tsv"}, [] { counts(""); });
}

TEST(CountText, CountsThePiecesOfEachLine) {
  const TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "a ab # x\n\n";
  const auto path = write_file(directory / "text.txt", text);
  EXPECT_EQ(count_text(path, *small_tokenizer()), (Frequencies{3000, 0, 0, 6000, 3000, 3000}));
}

TEST(CountText, TakesFilesLargerThanItsBatches) {
  const TemporaryDirectory directory;
  std::string text;
  for (int i = 0; i < 20; ++i) text += std::string(1 << 20, '#') + "\n";
  const auto path = write_file(directory / "text.txt", text);
  EXPECT_EQ(count_text(path, *small_tokenizer())[5], 20u << 20);
}

TEST(CountDataset, CountsBothTextsWithoutSpecialTokens) {
  const Dataset data{"sample", {{"a a", "ab", 0}, {"a", "", 1}}};
  EXPECT_EQ(count_dataset(data, *small_tokenizer()), (Frequencies{0, 0, 0, 4, 1, 0}));
}

TEST(FrequenciesByRank, FallAsTheRankGrows) {
  const auto tokenizer = small_tokenizer();
  const Frequencies frequencies = frequencies_by_rank(*tokenizer);
  ASSERT_EQ(frequencies.size(), tokenizer->vocabulary_size());
  // "the" is 6 % of English words, so it stands 60 million times in a billion.
  EXPECT_EQ(frequencies,
            (Frequencies{60'000'000, 30'000'000, 20'000'000, 15'000'000, 12'000'000, 10'000'000}));
}

TEST(LettersAndDigits, AreWholeWordsOfOne) {
  const TemporaryDirectory directory;
  write_file(directory / "vocab.txt", "[UNK]\n[CLS]\n[SEP]\n##x\nv\n!\nan\n7\né\n");
  const auto tokenizer = load_tokenizer(directory.path());
  EXPECT_EQ(letters_and_digits(*tokenizer),
            (std::vector<std::int32_t>{tokenizer->id("v"), tokenizer->id("7")}));
}

}  // namespace
}  // namespace finemix
