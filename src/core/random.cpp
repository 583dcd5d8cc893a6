#include "finemix/core/random.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>

#include "finemix/core/error.h"

namespace finemix {
namespace {

constexpr int kRounds = 10;
constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1

std::uint32_t low(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
std::uint32_t high(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }

}  // namespace

Philox::Block Philox::operator()(std::uint64_t index) const {
  Block block{low(index), high(index), low(stream_), high(stream_)};
  std::uint32_t key0 = low(seed_);
  std::uint32_t key1 = high(seed_);
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = kMultiplier0 * block[0];
    const std::uint64_t product1 = kMultiplier1 * block[2];
    block = {high(product1) ^ block[1] ^ key0, low(product1), high(product0) ^ block[3] ^ key1,
             low(product0)};
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return block;
}

#if defined(__x86_64__)
namespace {

constexpr std::size_t kChains = 4;  // independent chains of four blocks, to hide the latency

__attribute__((target("avx2"))) inline __m256i all(std::uint64_t word) {
  return _mm256_set1_epi64x(static_cast<std::int64_t>(word));
}

// Sixteen blocks at once. Each 64-bit lane holds one 32-bit word of one block in its lower half;
// the upper half is never read, so what the rounds leave there does not matter.
__attribute__((target("avx2"))) void sixteen_blocks(std::uint64_t seed, std::uint64_t stream,
                                                    std::uint64_t first_block, std::uint32_t* out) {
  __m256i word0[kChains], word1[kChains], word2[kChains], word3[kChains];
  for (std::size_t chain = 0; chain < kChains; ++chain) {
    word0[chain] = _mm256_add_epi64(all(first_block + 4 * chain), _mm256_set_epi64x(3, 2, 1, 0));
    word1[chain] = _mm256_srli_epi64(word0[chain], 32);
    word2[chain] = all(low(stream));
    word3[chain] = all(high(stream));
  }
  std::uint32_t key0 = low(seed);
  std::uint32_t key1 = high(seed);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      const __m256i product0 = _mm256_mul_epu32(word0[chain], all(kMultiplier0));
      const __m256i product1 = _mm256_mul_epu32(word2[chain], all(kMultiplier1));
      word0[chain] = _mm256_xor_si256(
          _mm256_xor_si256(_mm256_srli_epi64(product1, 32), word1[chain]), all(key0));
      word1[chain] = product1;
      word2[chain] = _mm256_xor_si256(
          _mm256_xor_si256(_mm256_srli_epi64(product0, 32), word3[chain]), all(key1));
      word3[chain] = product0;
    }
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  for (std::size_t chain = 0; chain < kChains; ++chain) {
    const __m256i front =
        _mm256_blend_epi32(word0[chain], _mm256_slli_epi64(word1[chain], 32), 0xAA);
    const __m256i back =
        _mm256_blend_epi32(word2[chain], _mm256_slli_epi64(word3[chain], 32), 0xAA);
    const __m256i even = _mm256_unpacklo_epi64(front, back);  // blocks 0 and 2
    const __m256i odd = _mm256_unpackhi_epi64(front, back);   // blocks 1 and 3
    auto* place = reinterpret_cast<__m256i*>(out + 16 * chain);
    _mm256_storeu_si256(place, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(place + 1, _mm256_permute2x128_si256(even, odd, 0x31));
  }
}

}  // namespace
#endif

void Philox::fill(std::uint64_t first_block, std::span<std::uint32_t> out) const {
  if (out.size() % 4 != 0) {
    throw Error(ErrorKind::kInternal, "Philox::fill: " + std::to_string(out.size()) +
                                          " words asked for, expected a multiple of 4");
  }
  std::size_t done = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    for (; done + 64 <= out.size(); done += 64, first_block += 16) {
      sixteen_blocks(seed_, stream_, first_block, out.data() + done);
    }
  }
#endif
  for (; done < out.size(); done += 4, ++first_block) {
    const Block block = (*this)(first_block);
    std::copy(block.begin(), block.end(), out.begin() + static_cast<std::ptrdiff_t>(done));
  }
}

std::uint64_t stream_id(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  return hash;
}

RandomSequence::RandomSequence(std::uint64_t seed, std::string_view stream)
    : philox_(seed, stream_id(stream)) {}

std::uint32_t RandomSequence::next_u32() {
  if (used_ == static_cast<int>(words_.size())) {
    words_ = philox_(block_++);
    used_ = 0;
  }
  return words_[static_cast<std::size_t>(used_++)];
}

std::uint64_t RandomSequence::below(std::uint64_t bound) {
  if (bound == 0) {
    throw Error(ErrorKind::kInternal, "RandomSequence::below: the bound is 0, expected 1 or more");
  }
  // The first 2^64 mod bound values are redrawn, so that every remainder is equally likely.
  const std::uint64_t redrawn = (0 - bound) % bound;
  std::uint64_t word;
  do {
    const std::uint64_t first = next_u32();
    word = first << 32 | next_u32();
  } while (word < redrawn);
  return word % bound;
}

float RandomSequence::uniform() { return static_cast<float>(next_u32() >> 8) * 0x1p-24f; }

float RandomSequence::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return static_cast<float>(radius * std::cos(2.0 * std::numbers::pi * uniform()));
}

std::vector<std::size_t> permutation(std::size_t n, std::uint64_t seed, std::string_view stream) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomSequence random(seed, stream);
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

}  // namespace finemix
