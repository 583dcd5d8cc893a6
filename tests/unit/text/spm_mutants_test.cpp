// A tokenizer's file from an attacker either loads, and then reads any text, or is refused: valid
// files, each broken in a few places that a reader may trust too much. The sanitizer build runs
// this too; FINEMIX_MUTANTS asks for another number of them.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../io/cost_testing.h"
#include "../io/io_testing.h"
#include "../io/mutants.h"
#include "finemix/core/random.h"
#include "finemix/text/spm_model.h"
#include "finemix/text/tokenizer.h"
#include "spm_testing.h"

namespace finemix {
namespace {

using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;
using testing::spm::charsmap;
using testing::spm::field;
using testing::spm::joined;
using testing::spm::model_parts;
using testing::spm::piece;
using testing::spm::varint;

constexpr std::string_view kText =
    "A\u0301bc \u2026 \u00dfa\u200b  ``x'' [MASK] <mask> (\u00a3) \xff\xe2\x81 \u1100\u1161 "
    "\U0001F642 New-Word <br /> zzz";

// Leaves out, repeats, swaps or changes some of a model's parts, or values of a tokenizer.json.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed, "mutants") {}

  std::string model() {
    std::vector<std::string> parts = model_parts();
    for (std::uint64_t steps = 1 + random_.below(3); steps > 0; --steps) mutate_parts(parts);
    std::string file = joined(parts);
    if (random_.below(4) == 0) mutate_bytes(file);
    return file;
  }

  std::string json(std::string file) {
    for (std::uint64_t steps = 1 + random_.below(3); steps > 0; --steps) {
      if (random_.below(8) == 0) {
        mutate_bytes(file);
      } else {
        mutate_value(file);
      }
    }
    return file;
  }

 private:
  void mutate_parts(std::vector<std::string>& parts) {
    const std::size_t at = random_.below(parts.size());
    switch (random_.below(8)) {
      case 7:  // again, many times
        parts.insert(parts.end(), testing::times_again(random_, parts[at].size()),
                     std::string(parts[at]));
        return;
      case 0:
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at));
        if (parts.empty()) parts = model_parts();
        return;
      case 1:
        parts.push_back(parts[at]);
        return;
      case 2:
        std::swap(parts[at], parts[random_.below(parts.size())]);
        return;
      case 3:
        parts[at] = piece(std::string(random_.below(700), static_cast<char>(random_.below(256))),
                          static_cast<char>(random_.below(8)));
        return;
      case 4:
        return mutate_charsmap(parts);
      case 5:  // a trainer's number
        parts.push_back(field(2, varint(random_.below(60) << 3) +
                                     varint(random_.below(2) ? random_.below(20) : ~0ull)));
        return;
      default:
        return mutate_bytes(parts[at]);
    }
  }

  // Turns bits of units that lookups reach, which random bytes of the table would hardly hit.
  void mutate_charsmap(std::vector<std::string>& parts) {
    constexpr std::array<std::size_t, 7> kUnits = {0,          256 ^ 'A', 257,       256 ^ 0xE2,
                                                   512 ^ 0x80, 769,       768 ^ 0xA6};
    std::string table = charsmap();
    for (std::uint64_t flips = 1 + random_.below(4); flips > 0; --flips) {
      const std::size_t unit = kUnits[random_.below(kUnits.size())];
      table[4 + 4 * unit + random_.below(4)] ^= static_cast<char>(1 << random_.below(8));
    }
    if (random_.below(4) == 0) table[random_.below(4)] ^= static_cast<char>(1 << random_.below(8));
    for (std::string& part : parts) {
      if (part.starts_with("\x1A")) part = field(3, field(2, table));
    }
  }

  void mutate_bytes(std::string& bytes) {
    if (bytes.empty()) return;
    const std::size_t at = random_.below(bytes.size());
    switch (random_.below(4)) {
      case 0:
        bytes[at] ^= static_cast<char>(1 << random_.below(8));
        return;
      case 1:
        bytes.resize(at);
        return;
      case 2:
        bytes.insert(at, bytes.substr(random_.below(bytes.size()), random_.below(40)));
        return;
      default:
        bytes.erase(at, 1 + random_.below(20));
    }
  }

  // Replaces a word or a number by something that is JSON too.
  void mutate_value(std::string& file) {
    constexpr std::string_view kWord =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-";
    constexpr std::array<std::string_view, 22> kPieces = {
        "0",     "1",           "-1",     "3",       "1000000",  "4294967296", "1e308", "0.5",
        "null",  "true",        "[]",     "{}",      "",         "Strip",      "NFKD",  "Lowercase",
        "first", "Precompiled", "String", "Unigram", "Sequence", "\\u0000"};
    if (file.empty()) return;
    const std::size_t begin = file.find_first_of(kWord, random_.below(file.size()));
    if (begin == std::string::npos) return;
    const std::size_t end = std::min(file.find_first_not_of(kWord, begin), file.size());
    file.replace(begin, end - begin, kPieces[random_.below(kPieces.size())]);
  }

  RandomSequence random_;
};

// Loads the directory's tokenizer and reads a text; false when it is refused.
bool loads(const std::filesystem::path& directory) {
  std::shared_ptr<const Tokenizer> tokenizer;
  try {
    tokenizer = load_tokenizer(directory);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed) << error.what();
    return false;
  }
  for (const std::int32_t id : tokenizer->pieces(kText)) {
    EXPECT_GE(id, 0);
    EXPECT_LT(static_cast<std::size_t>(id), tokenizer->vocabulary_size());
  }
  EXPECT_LE(tokenizer->encode({std::string(kText), "b", -1}, 16).ids.size(), 16u);
  return true;
}

template <typename Make>
void expect_loaded_or_refused(const std::filesystem::path& directory,
                              const std::filesystem::path& file, const Make& make) {
  ASSERT_TRUE(loads(directory)) << "the file that is not broken";
  testing::expect_accepted_or_refused(testing::mutant_count(10'000), {0.02, 0.9},
                                      [&](std::uint64_t seed) {
                                        testing::replace_file(file, make(seed));
                                        return loads(directory);
                                      });
}

TEST(SpmMutants, Models) {
  const TemporaryDirectory directory;
  write_file(directory / "config.json", R"({"model_type": "albert"})");
  const auto file = write_file(directory / "spiece.model", joined(model_parts()));
  expect_loaded_or_refused(directory.path(), file,
                           [](std::uint64_t seed) { return Mutator(seed).model(); });
}

TEST(SpmMutants, EveryPrefixOfAModelIsRefusedOrAModel) {
  const std::string whole = joined(model_parts());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    try {
      EXPECT_LE(parse_spm_model(whole.substr(0, length), "prefix").pieces.size(), 11u);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMalformed) << error.what();
    }
  }
}

// Each becomes an added token: looking each up among all others would take many seconds.
TEST(SpmMutants, ManyControlPiecesAreReadInLinearTime) {
  std::string model = piece("<unk>", 2) + piece("<s>", 3) + piece("</s>", 3);
  for (int i = 0; i < 80'000; ++i) model += piece("c" + std::to_string(i), i % 2 == 0 ? 3 : 4);
  const TemporaryDirectory directory;
  write_file(directory / "config.json", R"({"model_type": "xlm-roberta"})");
  write_file(directory / "sentencepiece.bpe.model", model);
  const double start = testing::processor_seconds();
  EXPECT_EQ(load_tokenizer(directory.path())->vocabulary_size(), 80'005u);
  EXPECT_LT(testing::processor_seconds() - start, 3);
}

TEST(SpmMutants, UnigramTokenizerJson) {
  const TemporaryDirectory directory;
  const std::string whole = read_file(FINEMIX_TEST_DATA "/text/spm_small/tokenizer.json");
  const auto file = write_file(directory / "tokenizer.json", whole);
  expect_loaded_or_refused(directory.path(), file,
                           [&](std::uint64_t seed) { return Mutator(seed).json(whole); });
}

}  // namespace
}  // namespace finemix
