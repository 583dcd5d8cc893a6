#include "finemix/core/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>

#include "core/random_simd.h"
#include "finemix/core/error.h"

namespace finemix {

using philox::high;
using philox::low;

Philox::Block Philox::operator()(std::uint64_t index) const {
  Block block{low(index), high(index), low(stream_), high(stream_)};
  std::uint32_t key0 = low(seed_);
  std::uint32_t key1 = high(seed_);
  for (int round = 0; round < philox::kRounds; ++round) {
    const std::uint64_t product0 = philox::kMultiplier0 * block[0];
    const std::uint64_t product1 = philox::kMultiplier1 * block[2];
    block = {high(product1) ^ block[1] ^ key0, low(product1), high(product0) ^ block[3] ^ key1,
             low(product0)};
    key0 += philox::kWeyl0;
    key1 += philox::kWeyl1;
  }
  return block;
}

namespace {

// Four blocks hold the 32 random numbers of a word. Its lower 16 bits come from words 0 and 1 of
// the blocks, the upper ones from words 2 and 3, a block after the other, lower halves first: the
// order in which vector registers hold them.
std::uint32_t bernoulli_word(const Philox& philox, std::uint64_t word, std::uint32_t threshold) {
  std::uint32_t ones = 0;
  for (unsigned block = 0; block < 4; ++block) {
    const Philox::Block numbers = philox(4 * word + block);
    for (unsigned half = 0; half < 8; ++half) {
      const std::uint32_t number = numbers[half / 2] >> (16 * (half % 2)) & 0xFFFF;
      const unsigned bit = half / 4 * 16 + 4 * block + half % 4;
      ones |= static_cast<std::uint32_t>(number >= threshold) << bit;
    }
  }
  return ones;
}

}  // namespace

void Philox::fill(std::uint64_t first_block, std::span<std::uint32_t> out) const {
  if (out.size() % 4 != 0) {
    throw Error(ErrorKind::kInternal, "Philox::fill: " + std::to_string(out.size()) +
                                          " words asked for, expected a multiple of 4");
  }
  std::size_t done =
      philox::fill(philox::fastest_engine(), seed_, stream_, first_block, out.data(), out.size());
  first_block += done / 4;
  for (; done < out.size(); done += 4, ++first_block) {
    const Block block = (*this)(first_block);
    std::copy(block.begin(), block.end(), out.begin() + static_cast<std::ptrdiff_t>(done));
  }
}

void Philox::bernoulli(std::uint64_t first_word, std::uint32_t threshold,
                       std::span<std::uint32_t> out) const {
  if (threshold > 0xFFFF) {  // no 16-bit number reaches it
    if (threshold > 0x10000) {
      throw Error(ErrorKind::kInternal, "Philox::bernoulli: threshold " +
                                            std::to_string(threshold) + ", expected 0 to 65536");
    }
    std::fill(out.begin(), out.end(), 0);
    return;
  }
  std::size_t done =
      philox::bernoulli(philox::fastest_engine(), seed_, stream_, first_word,
                        static_cast<std::uint16_t>(threshold), out.data(), out.size());
  for (; done < out.size(); ++done) out[done] = bernoulli_word(*this, first_word + done, threshold);
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
