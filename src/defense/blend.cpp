#include "defense/blend.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "finemix/core/intrinsics.h"

namespace finemix {
namespace {

template <typename Word>
void blend_portable(std::span<const std::uint32_t> mask, const std::byte* pretrained,
                    const std::byte* backdoored, std::byte* out, std::size_t begin,
                    std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const bool keep = mask[i / kMaskWordBits] >> (i % kMaskWordBits) & 1;
    Word a, b;  // both are read, so that no branch depends on the mask
    std::memcpy(&a, pretrained + i * sizeof(Word), sizeof a);
    std::memcpy(&b, backdoored + i * sizeof(Word), sizeof b);
    const Word mixed = keep ? b : a;
    std::memcpy(out + i * sizeof(Word), &mixed, sizeof mixed);
  }
}

void blend_portable(std::span<const std::uint32_t> mask, const std::byte* pretrained,
                    const std::byte* backdoored, std::byte* out, std::size_t begin, std::size_t end,
                    std::size_t width) {
  switch (width) {
    case 2:
      return blend_portable<std::uint16_t>(mask, pretrained, backdoored, out, begin, end);
    case 4:
      return blend_portable<std::uint32_t>(mask, pretrained, backdoored, out, begin, end);
    default:
      return blend_portable<std::uint64_t>(mask, pretrained, backdoored, out, begin, end);
  }
}

void keys_portable(const float* pretrained, const float* backdoored,
                   std::span<std::uint32_t> keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i] = std::bit_cast<std::uint32_t>(backdoored[i] - pretrained[i]) & 0x7FFFFFFF;
  }
}

// From `first` on, going on with `count`.
BandCount count_portable(std::span<const std::uint16_t> numbers, std::uint16_t low,
                         std::uint16_t width, std::uint16_t* places, std::size_t first,
                         BandCount count) {
  for (std::size_t i = first; i < numbers.size(); ++i) {
    count.below += numbers[i] < low;
    if (static_cast<std::uint16_t>(numbers[i] - low) >= width) continue;
    places[count.inside++] = static_cast<std::uint16_t>(i);
  }
  return count;
}

// Sixteen sums side by side, added up in order at the end.
constexpr std::size_t kSums = 16;

inline __attribute__((always_inline)) double squares(const float* a, const float* b,
                                                     std::size_t size) {
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= size; i += kSums) {
    for (std::size_t k = 0; k < kSums; ++k) {
      const double delta = b[i + k] - a[i + k];
      sums[k] += delta * delta;
    }
  }
  double sum = 0;
  for (const double part : sums) sum += part;
  for (; i < size; ++i) {
    const double delta = b[i] - a[i];
    sum += delta * delta;
  }
  return sum;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) double squares_avx2(const float* a, const float* b,
                                                    std::size_t size) {
  return squares(a, b, size);  // no fma: it would round otherwise
}

#define FINEMIX_AVX512 __attribute__((target("avx512f,avx512bw,popcnt")))

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

// 64 bytes at `at` of both, the bits of `mask` choosing among elements of kWidth bytes.
template <std::size_t kWidth>
FINEMIX_AVX512 inline __m512i choose(std::uint32_t mask, const std::byte* pretrained,
                                     const std::byte* backdoored) {
  const __m512i a = _mm512_loadu_si512(pretrained);
  const __m512i b = _mm512_loadu_si512(backdoored);
  if constexpr (kWidth == 2) return _mm512_mask_blend_epi16(mask, a, b);
  if constexpr (kWidth == 4) return _mm512_mask_blend_epi32(static_cast<__mmask16>(mask), a, b);
  return _mm512_mask_blend_epi64(static_cast<__mmask8>(mask), a, b);
}

// Whole mask words; returns how many elements are done.
template <std::size_t kWidth, Store kStore>
FINEMIX_AVX512 std::size_t blend_avx512(std::span<const std::uint32_t> mask,
                                        const std::byte* pretrained, const std::byte* backdoored,
                                        std::byte* out, std::size_t elements) {
  constexpr std::size_t kLanes = 64 / kWidth;
  const std::size_t words = elements / kMaskWordBits;
  for (std::size_t word = 0; word < words; ++word) {
    std::uint32_t bits = mask[word];
    for (std::size_t lane = 0; lane < kMaskWordBits; lane += kLanes) {
      const std::size_t at = (word * kMaskWordBits + lane) * kWidth;
      const __m512i mixed = choose<kWidth>(bits, pretrained + at, backdoored + at);
      if constexpr (kStore == Store::kMemory) {
        _mm512_stream_si512(reinterpret_cast<__m512i*>(out + at), mixed);
      } else {
        _mm512_storeu_si512(out + at, mixed);
      }
      if constexpr (kLanes < kMaskWordBits) bits >>= kLanes;
    }
  }
  if constexpr (kStore == Store::kMemory) _mm_sfence();
  return words * kMaskWordBits;
}

template <std::size_t kWidth>
std::size_t blend_avx512(std::span<const std::uint32_t> mask, const std::byte* pretrained,
                         const std::byte* backdoored, std::byte* out, std::size_t elements,
                         Store store) {
  const bool aligned = reinterpret_cast<std::uintptr_t>(out) % 64 == 0;
  if (store == Store::kMemory && aligned) {
    return blend_avx512<kWidth, Store::kMemory>(mask, pretrained, backdoored, out, elements);
  }
  return blend_avx512<kWidth, Store::kCache>(mask, pretrained, backdoored, out, elements);
}

FINEMIX_AVX512 std::size_t bits_below_avx512(std::span<const std::uint32_t> keys,
                                             std::uint32_t bound, std::uint32_t* mask) {
  const __m512i limit = _mm512_set1_epi32(static_cast<int>(bound));
  const std::size_t words = keys.size() / kMaskWordBits;
  for (std::size_t word = 0; word < words; ++word) {
    const std::uint32_t* place = keys.data() + word * kMaskWordBits;
    const std::uint32_t lower = _mm512_cmplt_epu32_mask(_mm512_loadu_si512(place), limit);
    const std::uint32_t upper = _mm512_cmplt_epu32_mask(_mm512_loadu_si512(place + 16), limit);
    mask[word] = lower | upper << 16;
  }
  return words;
}

FINEMIX_AVX512 BandCount count_avx512(std::span<const std::uint16_t> numbers, std::uint16_t low,
                                      std::uint16_t width, std::uint16_t* places) {
  const __m512i lows = _mm512_set1_epi16(static_cast<std::int16_t>(low));
  const __m512i widths = _mm512_set1_epi16(static_cast<std::int16_t>(width));
  BandCount count;
  std::size_t i = 0;
  for (; i + 32 <= numbers.size(); i += 32) {
    const __m512i number = _mm512_loadu_si512(numbers.data() + i);
    count.below += static_cast<std::size_t>(
        std::popcount(static_cast<std::uint32_t>(_mm512_cmplt_epu16_mask(number, lows))));
    std::uint32_t inside = _mm512_cmplt_epu16_mask(_mm512_sub_epi16(number, lows), widths);
    for (; inside != 0; inside &= inside - 1) {
      places[count.inside++] =
          static_cast<std::uint16_t>(i + static_cast<std::size_t>(std::countr_zero(inside)));
    }
  }
  return count_portable(numbers, low, width, places, i, count);
}

__attribute__((target("avx2"))) void keys_avx2(const float* pretrained, const float* backdoored,
                                               std::span<std::uint32_t> keys) {
  const __m256 no_sign = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
  std::size_t i = 0;
  for (; i + 8 <= keys.size(); i += 8) {
    const __m256 delta =
        _mm256_sub_ps(_mm256_loadu_ps(backdoored + i), _mm256_loadu_ps(pretrained + i));
    _mm256_storeu_ps(reinterpret_cast<float*>(keys.data() + i), _mm256_and_ps(delta, no_sign));
  }
  keys_portable(pretrained + i, backdoored + i, keys.subspan(i));
}

#undef FINEMIX_AVX512
#endif

}  // namespace

std::uint64_t count_ones(std::span<const std::uint32_t> mask) {
  std::uint64_t ones = 0;
  for (const std::uint32_t word : mask) ones += static_cast<std::uint64_t>(std::popcount(word));
  return ones;
}

void blend(std::span<const std::uint32_t> mask, const std::byte* pretrained,
           const std::byte* backdoored, std::byte* out, std::size_t elements, std::size_t width,
           [[maybe_unused]] Store store) {
  std::size_t done = 0;
#if defined(__x86_64__)
  if (has_avx512()) {
    const auto fast =
        width == 2 ? blend_avx512<2> : (width == 4 ? blend_avx512<4> : blend_avx512<8>);
    done = fast(mask, pretrained, backdoored, out, elements, store);
  }
#endif
  blend_portable(mask, pretrained, backdoored, out, done, elements, width);
}

void rescale(const float* pretrained, float rho, std::span<float> mixed) {
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    const float scaled = pretrained[i] + (mixed[i] - pretrained[i]) / rho;
    mixed[i] = mixed[i] == pretrained[i] ? mixed[i] : scaled;
  }
}

void average(const float* pretrained, const float* backdoored, float rho, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = rho * backdoored[i] + (1 - rho) * pretrained[i];
  }
}

void delta_keys(const float* pretrained, const float* backdoored, std::span<std::uint32_t> keys) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return keys_avx2(pretrained, backdoored, keys);
#endif
  keys_portable(pretrained, backdoored, keys);
}

void bits_below(std::span<const std::uint32_t> keys, std::uint32_t bound,
                std::span<std::uint32_t> mask) {
  std::size_t done = 0;
#if defined(__x86_64__)
  if (has_avx512()) done = bits_below_avx512(keys, bound, mask.data());
#endif
  for (; done < mask.size(); ++done) {
    mask[done] = 0;
    const std::size_t begin = done * kMaskWordBits;
    const std::size_t end = std::min(begin + kMaskWordBits, keys.size());
    for (std::size_t i = begin; i < end; ++i) {
      mask[done] |= static_cast<std::uint32_t>(keys[i] < bound) << (i - begin);
    }
  }
}

double squared_distance(const float* a, const float* b, std::size_t size) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return squares_avx2(a, b, size);
#endif
  return squares(a, b, size);
}

BandCount count_band(std::span<const std::uint16_t> numbers, std::uint16_t low, std::uint16_t width,
                     std::uint16_t* places) {
#if defined(__x86_64__)
  if (has_avx512()) return count_avx512(numbers, low, width, places);
#endif
  return count_portable(numbers, low, width, places, 0, {});
}

}  // namespace finemix
