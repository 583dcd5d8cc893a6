#include "finemix/core/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
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
