#include "defense/blend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "finemix/core/random.h"

namespace finemix {
namespace {

std::vector<std::uint32_t> random_words(std::size_t count, std::uint64_t stream) {
  std::vector<std::uint32_t> words((count + 3) / 4 * 4);
  Philox(9, stream).fill(0, words);
  words.resize(count);
  return words;
}

TEST(Blend, TakesEachElementWholeFromOneSide) {
  const auto a_words = random_words(2000, 1), b_words = random_words(2000, 2);
  const auto mask = random_words(40, 3);
  const auto* a = reinterpret_cast<const std::byte*>(a_words.data());
  const auto* b = reinterpret_cast<const std::byte*>(b_words.data());
  for (const std::size_t width : {2u, 4u, 8u}) {
    for (const std::size_t elements : {0u, 1u, 31u, 32u, 33u, 500u, 777u}) {
      for (const std::size_t shift : {0u, 1u}) {  // bytes that all three are out of step by
        for (const Store store : {Store::kCache, Store::kMemory}) {
          std::vector<std::byte> out(elements * width + shift + 1, std::byte{0x5A});
          blend(mask, a + shift, b + shift, out.data() + shift, elements, width, store);
          for (std::size_t i = 0; i < elements; ++i) {
            const bool keep = mask[i / 32] >> (i % 32) & 1;
            const std::size_t at = shift + i * width;
            ASSERT_EQ(std::memcmp(out.data() + at, (keep ? b : a) + at, width), 0)
                << width << " " << elements << " " << i;
          }
          EXPECT_EQ(out.back(), std::byte{0x5A});
        }
      }
    }
  }
}

TEST(DeltaKeys, AreOrderedAsTheDistances) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> a = {0, 1, 1, -1, 2, 0, 0, 0, 5, 5};
  const std::vector<float> b = {0, 1, 2, 1, -2, 1e-40f, -1e-30f, inf, 5.5f, 1};
  std::vector<std::uint32_t> keys(a.size());
  delta_keys(a.data(), b.data(), keys);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float distance = std::abs(b[i] - a[i]);
    std::uint32_t bits;
    std::memcpy(&bits, &distance, sizeof bits);
    EXPECT_EQ(keys[i], bits) << i;
  }
}

TEST(BitsBelow, AreThoseOfTheComparison) {
  auto keys = random_words(109, 4);
  for (std::uint32_t& key : keys) key >>= 1;
  for (const std::uint32_t bound : {0u, 1u << 30, 0x80000000u}) {
    std::vector<std::uint32_t> mask(4, 0xFFFFFFFF);
    bits_below(keys, bound, mask);
    for (std::size_t i = 0; i < 128; ++i) {
      EXPECT_EQ(mask[i / 32] >> (i % 32) & 1, i < keys.size() && keys[i] < bound) << i;
    }
  }
}

TEST(CountBand, CountsBelowAndPlacesInside) {
  std::vector<std::uint16_t> numbers;
  for (const std::uint32_t word : random_words(333, 5)) {
    numbers.push_back(static_cast<std::uint16_t>(word));
  }
  numbers[7] = 0, numbers[8] = 65535;
  for (const auto& [low, width] : {std::pair{0, 65535}, {0, 1}, {65535, 1}, {20000, 9000}}) {
    std::vector<std::uint16_t> places(numbers.size()), expected;
    std::size_t below = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      below += numbers[i] < low;
      if (numbers[i] >= low && numbers[i] < low + width) {
        expected.push_back(static_cast<std::uint16_t>(i));
      }
    }
    const BandCount count = count_band(numbers, static_cast<std::uint16_t>(low),
                                       static_cast<std::uint16_t>(width), places.data());
    places.resize(count.inside);
    EXPECT_EQ(count.below, below);
    EXPECT_EQ(places, expected);
  }
}

TEST(SquaredDistance, IsTheSumOfSquaresOfTheDifferences) {
  for (const std::size_t size : {0u, 1u, 15u, 16u, 100u, 768u}) {
    std::vector<float> a, b;
    double expected = 0;
    for (std::size_t i = 0; i < size; ++i) {
      a.push_back(static_cast<float>(std::sin(double(i))));
      b.push_back(static_cast<float>(std::cos(double(i))));
      const double delta = b[i] - a[i];
      expected += delta * delta;
    }
    EXPECT_NEAR(squared_distance(a.data(), b.data(), size), expected, 1e-12 * expected);
  }
}

}  // namespace
}  // namespace finemix
