#include "finemix/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {
namespace {

// Known answers of Random123 1.14 (tests/kat_vectors, "philox4x32 10"): counter words 0 and 1 are
// the index, 2 and 3 the stream, the key is the seed.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(Philox(0, 0)(0), (Philox::Block{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}));
  EXPECT_EQ(Philox(~0ull, ~0ull)(~0ull),
            (Philox::Block{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}));
  EXPECT_EQ(Philox(0x299F31D0A4093822, 0x0370734413198A2E)(0x85A308D3243F6A88),
            (Philox::Block{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}));
}

TEST(Philox, FillGivesTheWordsOfTheBlocksInOrder) {
  const Philox philox(0x123456789, stream_id("fill"));
  const std::uint64_t first = 0xFFFFFFF0;  // the low half of the counter wraps on the way
  std::vector<std::uint32_t> words(4 * 61);
  philox.fill(first, words);
  for (std::size_t w = 0; w < words.size(); ++w) {
    ASSERT_EQ(words[w], philox(first + w / 4)[w % 4]) << "word " << w;
  }
}

TEST(Philox, SeedStreamAndIndexEachMatter) {
  const Philox::Block block = Philox(1, 2)(3);
  EXPECT_EQ(Philox(1, 2)(3), block);
  EXPECT_NE(Philox(4, 2)(3), block);
  EXPECT_NE(Philox(1, 4)(3), block);
  EXPECT_NE(Philox(1, 2)(4), block);
}

// Test vectors of the FNV reference page (Noll).
TEST(StreamId, KnownAnswers) {
  EXPECT_EQ(stream_id(""), 0xCBF29CE484222325);
  EXPECT_EQ(stream_id("a"), 0xAF63DC4C8601EC8C);
  EXPECT_EQ(stream_id("foobar"), 0x85944171F73967E8);
  EXPECT_NE(stream_id("\xC3"), stream_id("\x43"));
}

TEST(RandomSequence, WordsAreTheBlocksInOrder) {
  RandomSequence random(7, "words");
  const Philox philox(7, stream_id("words"));
  for (std::uint64_t block = 0; block < 3; ++block) {
    for (const std::uint32_t word : philox(block)) EXPECT_EQ(random.next_u32(), word);
  }
}

TEST(RandomSequence, BelowStaysBelowAndIsEven) {
  RandomSequence random(1, "below");
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts.at(random.below(6));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);  // over four standard deviations
}

TEST(RandomSequence, BelowTakesAnyPositiveBound) {
  RandomSequence random(2, "bounds");
  EXPECT_EQ(random.below(1), 0u);
  const std::uint64_t large = (1ull << 63) + 1;  // nearly half of all words are redrawn
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below(large), large);
  EXPECT_THROW(random.below(0), Error);
}

TEST(RandomSequence, UniformIsInTheUnitIntervalWithMeanOneHalf) {
  RandomSequence random(3, "uniform");
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const float value = random.uniform();
    ASSERT_GE(value, 0.0f);
    ASSERT_LT(value, 1.0f);
    sum += value;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(RandomSequence, NormalHasMomentsOfTheStandardNormal) {
  RandomSequence random(4, "normal");
  constexpr int kDraws = 100000;
  double sum = 0, squares = 0, within_one = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
    within_one += std::abs(value) < 1;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.015);
  EXPECT_NEAR(squares / kDraws, 1, 0.02);
  EXPECT_NEAR(within_one / kDraws, 0.6827, 0.006);
}

TEST(Permutation, HoldsEveryIndexOnce) {
  std::vector<std::size_t> order = permutation(1000, 5, "shuffle");
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  std::vector<std::size_t> expected(1000);
  std::iota(expected.begin(), expected.end(), std::size_t{0});
  EXPECT_EQ(order, expected);
  EXPECT_TRUE(permutation(0, 5, "shuffle").empty());
  EXPECT_EQ(permutation(1, 5, "shuffle"), std::vector<std::size_t>{0});
}

TEST(Permutation, EveryOrderIsEquallyLikely) {
  std::array<int, 27> counts{};  // by the base-3 number of the order; six of them can occur
  for (std::uint64_t seed = 0; seed < 12000; ++seed) {
    const auto order = permutation(3, seed, "shuffle");
    ++counts.at(order[0] * 9 + order[1] * 3 + order[2]);
  }
  EXPECT_EQ(std::count_if(counts.begin(), counts.end(), [](int count) { return count > 0; }), 6);
  for (const int count : counts) {
    if (count > 0) {
      EXPECT_NEAR(count, 2000, 180);
    }
  }
}

TEST(Permutation, DependsOnSeedAndStream) {
  EXPECT_EQ(permutation(50, 5, "a"), permutation(50, 5, "a"));
  EXPECT_NE(permutation(50, 5, "a"), permutation(50, 6, "a"));
  EXPECT_NE(permutation(50, 5, "a"), permutation(50, 5, "b"));
}

}  // namespace
}  // namespace finemix
