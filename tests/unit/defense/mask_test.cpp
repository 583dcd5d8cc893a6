#include "defense/mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "defense/blend.h"
#include "finemix/core/parallel.h"

namespace finemix {
namespace {

using Tensors = std::vector<MaskedTensor>;

class MaskTest : public testing::Test {
 protected:
  ~MaskTest() override { set_thread_count(0); }

  // Every element of every tensor, in order, asked for in stretches of `length`.
  static std::vector<bool> all_bits(const Mask& mask, const Tensors& tensors, std::size_t length,
                                    const std::vector<std::vector<std::uint32_t>>& keys = {}) {
    std::vector<bool> bits;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      for (std::uint64_t begin = 0; begin < tensors[t].elements; begin += length) {
        const std::size_t count = std::min<std::size_t>(length, tensors[t].elements - begin);
        std::vector<std::uint32_t> words(mask_words(count), 0xDEADBEEF);
        mask.bits(t, begin, count,
                  keys.empty() ? std::span<const std::uint32_t>{}
                               : std::span(keys[t]).subspan(begin, count),
                  words);
        EXPECT_EQ(count_ones(words), ones_among(words, count)) << "bits behind the last";
        for (std::size_t i = 0; i < count; ++i) bits.push_back(words[i / 32] >> (i % 32) & 1);
      }
    }
    return bits;
  }
  static std::uint64_t ones_among(const std::vector<std::uint32_t>& words, std::size_t count) {
    std::uint64_t ones = 0;
    for (std::size_t i = 0; i < count; ++i) ones += words[i / 32] >> (i % 32) & 1;
    return ones;
  }
  static std::size_t ones(const std::vector<bool>& bits) {
    return static_cast<std::size_t>(std::count(bits.begin(), bits.end(), true));
  }
};

TEST_F(MaskTest, RandomKeepsExactlyAsManyAsAsked) {
  for (const Tensors& tensors : {Tensors{{"a", 1}}, Tensors{{"a", 31}, {"b", 33}},
                                 Tensors{{"a", 70'001}, {"b", 5}, {"c", 300'000}}}) {
    std::uint64_t total = 0;
    for (const MaskedTensor& tensor : tensors) total += tensor.elements;
    for (const double share : {0.0, 1e-5, 0.02, 0.4, 0.5, 0.999, 1.0}) {
      const auto keep = static_cast<std::uint64_t>(std::llround(share * double(total)));
      const RandomMask mask(tensors, keep, 11);
      EXPECT_EQ(ones(all_bits(mask, tensors, 4096)), keep) << total << " " << share;
    }
    for (const std::uint64_t keep : {std::uint64_t{1}, total - 1}) {
      if (keep == 0) continue;
      const RandomMask mask(tensors, keep, 11);
      EXPECT_EQ(ones(all_bits(mask, tensors, 4096)), keep);
    }
  }
}

TEST_F(MaskTest, RandomIsTheSameHoweverItIsAskedForAndFound) {
  const Tensors tensors{{"a", 200'003}, {"b", 77}, {"c", 123'456}};
  const RandomMask mask(tensors, 129'000, 5);
  const std::vector<bool> bits = all_bits(mask, tensors, 1 << 20);
  for (const std::size_t length : {32u, 96u, 4096u}) {
    EXPECT_EQ(all_bits(mask, tensors, length), bits) << length;
  }
  for (const int threads : {1, 2, 7}) {
    set_thread_count(threads);
    EXPECT_EQ(all_bits(RandomMask(tensors, 129'000, 5), tensors, 4096), bits) << threads;
  }
  // Bands too narrow to hold the limit: it is found in one of those beside them.
  for (const double deviations : {0.0, 0.001, 0.3}) {
    EXPECT_EQ(all_bits(RandomMask(tensors, 129'000, 5, deviations), tensors, 4096), bits);
  }
  EXPECT_NE(all_bits(RandomMask(tensors, 129'000, 6), tensors, 4096), bits);
}

TEST_F(MaskTest, RandomMasksAreNestedInTheShareKept) {
  const Tensors tensors{{"a", 100'000}};
  const auto fewer = all_bits(RandomMask(tensors, 30'000, 1), tensors, 4096);
  const auto more = all_bits(RandomMask(tensors, 30'010, 1), tensors, 4096);
  for (std::size_t i = 0; i < fewer.size(); ++i) EXPECT_LE(fewer[i], more[i]) << i;
}

// The element's own number decides, whatever else is in the model.
TEST_F(MaskTest, RandomDependsOnTheNameOfTheTensor) {
  const Tensors one{{"a", 50'000}, {"b", 50'000}}, other{{"b", 50'000}, {"a", 50'000}};
  const auto bits = all_bits(RandomMask(one, 40'000, 3), one, 4096);
  const auto swapped = all_bits(RandomMask(other, 40'000, 3), other, 4096);
  EXPECT_TRUE(std::equal(bits.begin(), bits.begin() + 50'000, swapped.begin() + 50'000));
  EXPECT_TRUE(std::equal(bits.begin() + 50'000, bits.end(), swapped.begin()));
}

TEST_F(MaskTest, EverySubsetIsEquallyLikely) {
  const Tensors tensors{{"a", 4}, {"b", 2}};
  constexpr int kDraws = 20 * 2000;
  std::map<std::vector<bool>, int> counts;
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    ++counts[all_bits(RandomMask(tensors, 3, seed), tensors, 32)];
  }
  ASSERT_EQ(counts.size(), 20u);  // 6 over 3
  double chi_square = 0;
  for (const auto& [subset, count] : counts)
    chi_square += (count - 2000.0) * (count - 2000.0) / 2000;
  EXPECT_LT(chi_square, 43.8);  // 19 degrees of freedom: one run in a thousand is over it
}

// Elements that share the limit's number: who of them is kept must not lean to the front.
TEST_F(MaskTest, PlacesAreEvenlyKept) {
  const Tensors tensors{{"a", 1 << 20}};
  constexpr std::size_t kParts = 64, kPart = (1 << 20) / kParts;
  std::array<double, kParts> kept{};
  constexpr int kDraws = 8;
  for (std::uint64_t seed = 0; seed < kDraws; ++seed) {
    const auto bits = all_bits(RandomMask(tensors, 300'000, seed), tensors, 1 << 16);
    for (std::size_t i = 0; i < bits.size(); ++i) kept[i / kPart] += bits[i];
  }
  const double share = 300'000.0 / (1 << 20);
  const double variance = kDraws * kPart * share * (1 - share);
  double chi_square = 0;
  for (const double count : kept) {
    const double off = count - kDraws * kPart * share;
    chi_square += off * off / variance;
  }
  EXPECT_LT(chi_square, 103.4);  // 63 degrees of freedom, one in a thousand
  EXPECT_GT(chi_square, 34.0);   // nor more even than chance is
}

class SelectedMaskTest : public MaskTest {
 protected:
  static SelectedMask make(const Tensors& tensors, std::uint64_t keep, bool largest,
                           const std::vector<std::vector<std::uint32_t>>& keys) {
    return SelectedMask(tensors, keep, largest,
                        [&](std::size_t tensor, std::uint64_t begin, std::span<std::uint32_t> out) {
                          std::copy_n(keys[tensor].begin() + static_cast<std::ptrdiff_t>(begin),
                                      out.size(), out.begin());
                        });
  }
  // By sorting: the first `keep` in (key, place) order.
  static std::vector<bool> expected(const std::vector<std::vector<std::uint32_t>>& keys,
                                    std::uint64_t keep, bool largest) {
    std::vector<std::pair<std::int64_t, std::size_t>> order;
    for (const auto& tensor : keys) {
      for (const std::uint32_t key : tensor) {
        order.emplace_back(largest ? -std::int64_t{key} : std::int64_t{key}, order.size());
      }
    }
    std::sort(order.begin(), order.end());
    std::vector<bool> bits(order.size());
    for (std::size_t i = 0; i < keep; ++i) bits[order[i].second] = true;
    return bits;
  }
};

TEST_F(SelectedMaskTest, KeepsWhatSortingWouldKeep) {
  const Tensors tensors{{"a", 70'001}, {"b", 33}, {"c", 5'000}};
  const Philox philox(1, 2);
  // Many ties, few ties, all equal; keys of 31 bits.
  for (const std::uint32_t distinct : {1u, 3u, 1000u, 0x80000000u}) {
    std::vector<std::vector<std::uint32_t>> keys;
    for (const MaskedTensor& tensor : tensors) {
      auto& row = keys.emplace_back();
      for (std::uint64_t i = 0; i < tensor.elements; ++i) {
        row.push_back(philox(i)[keys.size()] % distinct);
      }
    }
    for (const std::uint64_t keep : {0u, 1u, 31u, 4'000u, 40'000u, 70'020u, 75'033u, 75'034u}) {
      for (const bool largest : {false, true}) {
        const SelectedMask mask = make(tensors, keep, largest, keys);
        for (const std::size_t length : {4096u, 1u << 20}) {
          EXPECT_EQ(all_bits(mask, tensors, length, keys), expected(keys, keep, largest))
              << distinct << " " << keep << " " << largest;
        }
      }
    }
  }
}

}  // namespace
}  // namespace finemix
