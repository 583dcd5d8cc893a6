#pragma once

#include <cstddef>
#include <cstdint>

namespace finemix::philox {

inline constexpr int kRounds = 10;
inline constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
inline constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
inline constexpr std::uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
inline constexpr std::uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1

constexpr std::uint32_t low(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
constexpr std::uint32_t high(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }

// The instruction sets that have code of their own; every one gives the same bits.
enum class Engine { kPortable, kAvx2, kAvx512 };

// The best of them that this processor has.
Engine fastest_engine();

// What Philox::fill and Philox::bernoulli ask for, from the front of the output and in large steps:
// these return how many words of `out` they have written. The rest, less than one step, is the
// portable code's.
std::size_t fill(Engine engine, std::uint64_t seed, std::uint64_t stream, std::uint64_t first_block,
                 std::uint32_t* out, std::size_t words);
std::size_t bernoulli(Engine engine, std::uint64_t seed, std::uint64_t stream,
                      std::uint64_t first_word, std::uint16_t threshold, std::uint32_t* out,
                      std::size_t words);

}  // namespace finemix::philox
