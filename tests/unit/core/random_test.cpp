#include "finemix/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/random_simd.h"
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

std::vector<philox::Engine> engines() {
  std::vector<philox::Engine> engines{philox::Engine::kPortable};
  if (philox::fastest_engine() >= philox::Engine::kAvx2) engines.push_back(philox::Engine::kAvx2);
  if (philox::fastest_engine() >= philox::Engine::kAvx512) {
    engines.push_back(philox::Engine::kAvx512);
  }
  return engines;
}

TEST(Philox, EveryEngineFillsTheSameWords) {
  const std::uint64_t seed = 0xFEDCBA9876543210, stream = stream_id("engines");
  const std::uint64_t first = 0xFFFFFFE7;
  for (const philox::Engine engine : engines()) {
    std::vector<std::uint32_t> words(4 * 133);
    const std::size_t done = philox::fill(engine, seed, stream, first, words.data(), words.size());
    if (engine != philox::Engine::kPortable) {
      EXPECT_GT(done, 0u);
    }
    for (std::size_t w = 0; w < done; ++w) {
      ASSERT_EQ(words[w], Philox(seed, stream)(first + w / 4)[w % 4]) << "word " << w;
    }
  }
}

// Bit 4·block + half of a word comes from half `half` of the first two words of its block `block`,
// bit 16 + 4·block + half from the last two.
std::uint32_t expected_bits(const Philox& philox, std::uint64_t word, std::uint32_t threshold) {
  std::uint32_t bits = 0;
  for (unsigned bit = 0; bit < 32; ++bit) {
    const Philox::Block block = philox(4 * word + bit % 16 / 4);
    const std::uint32_t pair = block[bit / 16 * 2 + bit % 4 / 2];
    const std::uint32_t number = bit % 2 == 1 ? pair >> 16 : pair & 0xFFFF;
    if (number >= threshold) bits |= 1u << bit;
  }
  return bits;
}

TEST(PhiloxBernoulli, EveryEngineGivesTheBitsOfTheBlocks) {
  const std::uint64_t seed = 0x8000000180000001, stream = stream_id("bernoulli");
  const std::uint64_t first = 0x3FFFFFFD;  // the low half of the block counter wraps on the way
  for (const std::uint32_t threshold : {0u, 1u, 6554u, 32767u, 32768u, 65535u}) {
    for (const philox::Engine engine : engines()) {
      std::vector<std::uint32_t> words(43);
      const std::size_t done =
          philox::bernoulli(engine, seed, stream, first, static_cast<std::uint16_t>(threshold),
                            words.data(), words.size());
      if (engine != philox::Engine::kPortable) {
        EXPECT_GT(done, 0u);
      }
      for (std::size_t w = 0; w < done; ++w) {
        ASSERT_EQ(words[w], expected_bits(Philox(seed, stream), first + w, threshold)) << w;
      }
    }
    std::vector<std::uint32_t> words(43);
    Philox(seed, stream).bernoulli(first, threshold, words);
    for (std::size_t w = 0; w < words.size(); ++w) {
      ASSERT_EQ(words[w], expected_bits(Philox(seed, stream), first + w, threshold)) << w;
    }
  }
}

TEST(PhiloxBernoulli, AnySplitGivesTheSameWords) {
  const Philox philox(11, stream_id("split"));
  std::vector<std::uint32_t> whole(100);
  philox.bernoulli(5, 20000, whole);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    std::vector<std::uint32_t> parts(whole.size());
    philox.bernoulli(5, 20000, std::span(parts).first(cut));
    philox.bernoulli(5 + cut, 20000, std::span(parts).subspan(cut));
    ASSERT_EQ(parts, whole) << "cut at " << cut;
  }
}

TEST(PhiloxBernoulli, ShareOfOnesIsOneLessTheThreshold) {
  std::vector<std::uint32_t> words(1 << 15);
  const double bits = 32.0 * static_cast<double>(words.size());
  for (const std::uint32_t threshold : {1u, 655u, 6554u, 32768u, 60000u}) {
    Philox(3, threshold).bernoulli(0, threshold, words);
    double ones = 0;
    for (const std::uint32_t word : words) ones += std::popcount(word);
    const double share = 1 - threshold / 65536.0;
    EXPECT_NEAR(ones, share * bits, 5 * std::sqrt(bits * share * (1 - share))) << threshold;
  }
}

TEST(PhiloxBernoulli, ThresholdsAtTheEnds) {
  std::vector<std::uint32_t> words(77, 0x12345678);
  Philox(1, 2).bernoulli(9, 0, words);
  EXPECT_EQ(words, std::vector<std::uint32_t>(77, 0xFFFFFFFF));
  Philox(1, 2).bernoulli(9, 65536, words);
  EXPECT_EQ(words, std::vector<std::uint32_t>(77, 0));
  EXPECT_THROW(Philox(1, 2).bernoulli(9, 65537, words), Error);
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
