#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// The loops of mixing and E-PUR that run over every weight.

namespace finemix {

// Bit i of a mask is bit i % 32 of word i / 32; 1 keeps the suspect's element.
constexpr std::size_t kMaskWordBits = 32;
constexpr std::size_t mask_words(std::size_t elements) {
  return (elements + kMaskWordBits - 1) / kMaskWordBits;
}

std::uint64_t count_ones(std::span<const std::uint32_t> mask);

// Where a result goes: kMemory passes by the caches, for results larger than they are.
enum class Store { kCache, kMemory };

// out[i] = bit i of `mask` ? backdoored[i] : pretrained[i], for elements of `width` bytes: 2, 4 or
// 8. The bytes are copied, whatever they stand for. No alignment is asked for.
void blend(std::span<const std::uint32_t> mask, const std::byte* pretrained,
           const std::byte* backdoored, std::byte* out, std::size_t elements, std::size_t width,
           Store store);

// mixed[i] = pretrained[i] + (mixed[i] - pretrained[i]) / ρ where the two differ.
void rescale(const float* pretrained, float rho, std::span<float> mixed);

// out[i] = ρ · backdoored[i] + (1 - ρ) · pretrained[i].
void average(const float* pretrained, const float* backdoored, float rho, std::span<float> out);

// keys[i] = the bits of |backdoored[i] - pretrained[i]|, which are ordered as the values are: at
// most 31 bits.
void delta_keys(const float* pretrained, const float* backdoored, std::span<std::uint32_t> keys);

// Bit i of `mask` = keys[i] < bound, and 0 behind the last key.
void bits_below(std::span<const std::uint32_t> keys, std::uint32_t bound,
                std::span<std::uint32_t> mask);

// Where the numbers lie to a band [low, low + width).
struct BandCount {
  std::size_t below = 0;
  std::size_t inside = 0;
};
// Writes the places of the numbers inside to `places`, which has room for one a number.
BandCount count_band(std::span<const std::uint16_t> numbers, std::uint16_t low, std::uint16_t width,
                     std::uint16_t* places);

// Σ (b[i] - a[i])², the differences in fp32 and the sum in double: one fixed order of additions,
// whatever the processor has.
double squared_distance(const float* a, const float* b, std::size_t size);

}  // namespace finemix
