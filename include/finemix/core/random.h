#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace finemix {

// Counter-based random numbers: every value is a pure function of (seed, stream, index), so results
// do not depend on how work is split over threads.
// Philox4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
class Philox {
 public:
  using Block = std::array<std::uint32_t, 4>;

  // `stream` separates uses of one seed: see `stream_id`.
  Philox(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  // Four independent uniform 32-bit words for block `index`.
  Block operator()(std::uint64_t index) const;
  // Words 4·first_block … of the stream, one after the other: word w is word w % 4 of block w / 4.
  // Several times faster than block by block. out.size() must be a multiple of 4.
  void fill(std::uint64_t first_block, std::span<std::uint32_t> out) const;
  // Random bits, for masks: each of the 32 bits of a word is 1 where its own 16-bit random number
  // is at least `threshold`, so with probability 1 - threshold/65536. Word first_word + w goes to
  // out[w] and is made of blocks 4·(first_word + w) … + 3 alone. Throws kInternal when threshold is
  // over 65536.
  void bernoulli(std::uint64_t first_word, std::uint32_t threshold,
                 std::span<std::uint32_t> out) const;

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
};

// A stable 64-bit name for a stream, e.g. stream_id("mix/bert.pooler.dense.weight"). FNV-1a.
std::uint64_t stream_id(std::string_view name);

// Uniform integers and reals drawn in order from one stream; for sequential decisions (places of
// triggers, shuffles), where speed does not matter.
class RandomSequence {
 public:
  RandomSequence(std::uint64_t seed, std::string_view stream);

  std::uint32_t next_u32();
  // Uniform in [0, bound), without modulo bias. bound must be > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1) with 24 random bits.
  float uniform();
  // Standard normal (Box-Muller).
  float normal();

 private:
  Philox philox_;
  std::uint64_t block_ = 0;
  Philox::Block words_{};
  int used_ = 4;
};

// 0 … n-1 in a random order (Fisher-Yates).
std::vector<std::size_t> permutation(std::size_t n, std::uint64_t seed, std::string_view stream);

}  // namespace finemix
