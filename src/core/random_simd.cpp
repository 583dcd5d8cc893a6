#include "core/random_simd.h"

#include "finemix/core/intrinsics.h"

namespace finemix::philox {

#if defined(__x86_64__)
namespace {

// Independent chains of blocks, to hide the latency of the multiplication.
constexpr std::size_t kChains = 4;

// Each 64-bit lane holds one 32-bit word of one block in its lower half, a block a lane; the upper
// half is never read, so what the rounds leave there does not matter.

#define FINEMIX_AVX2 __attribute__((target("avx2"), always_inline)) inline
#define FINEMIX_AVX512 __attribute__((target("avx512f,avx512bw"), always_inline)) inline

FINEMIX_AVX2 __m256i all256(std::uint64_t word) {
  return _mm256_set1_epi64x(static_cast<std::int64_t>(word));
}

// Four blocks a chain. front: words 0 and 1 of a block in its lane, back: words 2 and 3.
FINEMIX_AVX2 void rounds256(std::uint64_t seed, std::uint64_t stream, std::uint64_t first_block,
                            __m256i (&front)[kChains], __m256i (&back)[kChains]) {
  __m256i word0[kChains], word1[kChains], word2[kChains], word3[kChains];
  for (std::size_t chain = 0; chain < kChains; ++chain) {
    word0[chain] = _mm256_add_epi64(all256(first_block + 4 * chain), _mm256_set_epi64x(3, 2, 1, 0));
    word1[chain] = _mm256_srli_epi64(word0[chain], 32);
    word2[chain] = all256(low(stream));
    word3[chain] = all256(high(stream));
  }
  std::uint32_t key0 = low(seed);
  std::uint32_t key1 = high(seed);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      const __m256i product0 = _mm256_mul_epu32(word0[chain], all256(kMultiplier0));
      const __m256i product1 = _mm256_mul_epu32(word2[chain], all256(kMultiplier1));
      word0[chain] = _mm256_xor_si256(
          _mm256_xor_si256(_mm256_srli_epi64(product1, 32), word1[chain]), all256(key0));
      word1[chain] = product1;
      word2[chain] = _mm256_xor_si256(
          _mm256_xor_si256(_mm256_srli_epi64(product0, 32), word3[chain]), all256(key1));
      word3[chain] = product0;
    }
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  for (std::size_t chain = 0; chain < kChains; ++chain) {
    front[chain] = _mm256_blend_epi32(word0[chain], _mm256_slli_epi64(word1[chain], 32), 0xAA);
    back[chain] = _mm256_blend_epi32(word2[chain], _mm256_slli_epi64(word3[chain], 32), 0xAA);
  }
}

__attribute__((target("avx2"))) std::size_t fill_avx2(std::uint64_t seed, std::uint64_t stream,
                                                      std::uint64_t first_block, std::uint32_t* out,
                                                      std::size_t words) {
  constexpr std::size_t kStep = 16 * kChains;
  std::size_t done = 0;
  for (; done + kStep <= words; done += kStep, first_block += kStep / 4) {
    __m256i front[kChains], back[kChains];
    rounds256(seed, stream, first_block, front, back);
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      const __m256i even = _mm256_unpacklo_epi64(front[chain], back[chain]);  // blocks 0 and 2
      const __m256i odd = _mm256_unpackhi_epi64(front[chain], back[chain]);   // blocks 1 and 3
      auto* place = reinterpret_cast<__m256i*>(out + done + 16 * chain);
      _mm256_storeu_si256(place, _mm256_permute2x128_si256(even, odd, 0x20));
      _mm256_storeu_si256(place + 1, _mm256_permute2x128_si256(even, odd, 0x31));
    }
  }
  return done;
}

__attribute__((target("avx2"))) std::size_t bernoulli_avx2(std::uint64_t seed, std::uint64_t stream,
                                                           std::uint64_t first_word,
                                                           std::uint16_t threshold,
                                                           std::uint32_t* out, std::size_t words) {
  const __m256i limit = _mm256_set1_epi16(static_cast<std::int16_t>(threshold));
  std::size_t done = 0;
  for (; done + kChains <= words; done += kChains) {
    __m256i front[kChains], back[kChains];
    rounds256(seed, stream, 4 * (first_word + done), front, back);
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      const __m256i ones_front =
          _mm256_cmpeq_epi16(_mm256_max_epu16(front[chain], limit), front[chain]);
      const __m256i ones_back =
          _mm256_cmpeq_epi16(_mm256_max_epu16(back[chain], limit), back[chain]);
      // A byte a bit; packing works within 128 bits, so the middle quarters change places after it.
      const __m256i ones =
          _mm256_permute4x64_epi64(_mm256_packs_epi16(ones_front, ones_back), 0b11011000);
      out[done + chain] = static_cast<std::uint32_t>(_mm256_movemask_epi8(ones));
    }
  }
  return done;
}

FINEMIX_AVX512 __m512i all512(std::uint64_t word) {
  return _mm512_set1_epi64(static_cast<std::int64_t>(word));
}

// Eight blocks a chain, else as rounds256.
FINEMIX_AVX512 void rounds512(std::uint64_t seed, std::uint64_t stream, std::uint64_t first_block,
                              __m512i (&front)[kChains], __m512i (&back)[kChains]) {
  constexpr int kXor3 = 0x96;
  __m512i word0[kChains], word1[kChains], word2[kChains], word3[kChains];
  for (std::size_t chain = 0; chain < kChains; ++chain) {
    word0[chain] =
        _mm512_add_epi64(all512(first_block + 8 * chain), _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
    word1[chain] = _mm512_srli_epi64(word0[chain], 32);
    word2[chain] = all512(low(stream));
    word3[chain] = all512(high(stream));
  }
  std::uint32_t key0 = low(seed);
  std::uint32_t key1 = high(seed);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      const __m512i product0 = _mm512_mul_epu32(word0[chain], all512(kMultiplier0));
      const __m512i product1 = _mm512_mul_epu32(word2[chain], all512(kMultiplier1));
      word0[chain] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product1, 32), word1[chain],
                                               all512(key0), kXor3);
      word1[chain] = product1;
      word2[chain] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product0, 32), word3[chain],
                                               all512(key1), kXor3);
      word3[chain] = product0;
    }
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  for (std::size_t chain = 0; chain < kChains; ++chain) {
    front[chain] = _mm512_mask_shuffle_epi32(word0[chain], 0xAAAA, word1[chain], _MM_PERM_CCAA);
    back[chain] = _mm512_mask_shuffle_epi32(word2[chain], 0xAAAA, word3[chain], _MM_PERM_CCAA);
  }
}

__attribute__((target("avx512f,avx512bw"))) std::size_t fill_avx512(std::uint64_t seed,
                                                                    std::uint64_t stream,
                                                                    std::uint64_t first_block,
                                                                    std::uint32_t* out,
                                                                    std::size_t words) {
  constexpr std::size_t kStep = 32 * kChains;
  const __m512i lower = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
  const __m512i upper = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
  std::size_t done = 0;
  for (; done + kStep <= words; done += kStep, first_block += kStep / 4) {
    __m512i front[kChains], back[kChains];
    rounds512(seed, stream, first_block, front, back);
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      std::uint32_t* place = out + done + 32 * chain;
      _mm512_storeu_si512(place, _mm512_permutex2var_epi64(front[chain], lower, back[chain]));
      _mm512_storeu_si512(place + 16, _mm512_permutex2var_epi64(front[chain], upper, back[chain]));
    }
  }
  return done;
}

__attribute__((target("avx512f,avx512bw"))) std::size_t bernoulli_avx512(
    std::uint64_t seed, std::uint64_t stream, std::uint64_t first_word, std::uint16_t threshold,
    std::uint32_t* out, std::size_t words) {
  constexpr std::size_t kStep = 2 * kChains;
  const __m512i limit = _mm512_set1_epi16(static_cast<std::int16_t>(threshold));
  std::size_t done = 0;
  for (; done + kStep <= words; done += kStep) {
    __m512i front[kChains], back[kChains];
    rounds512(seed, stream, 4 * (first_word + done), front, back);
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      // The lower 16 bits of each belong to one word of `out`, the upper ones to the next.
      const std::uint32_t ones_front = _mm512_cmpge_epu16_mask(front[chain], limit);
      const std::uint32_t ones_back = _mm512_cmpge_epu16_mask(back[chain], limit);
      out[done + 2 * chain] = (ones_front & 0xFFFF) | ones_back << 16;
      out[done + 2 * chain + 1] = ones_front >> 16 | (ones_back & 0xFFFF0000);
    }
  }
  return done;
}

#undef FINEMIX_AVX2
#undef FINEMIX_AVX512

}  // namespace
#endif

Engine fastest_engine() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) {
    return Engine::kAvx512;
  }
  if (__builtin_cpu_supports("avx2")) return Engine::kAvx2;
#endif
  return Engine::kPortable;
}

std::size_t fill([[maybe_unused]] Engine engine, [[maybe_unused]] std::uint64_t seed,
                 [[maybe_unused]] std::uint64_t stream, [[maybe_unused]] std::uint64_t first_block,
                 [[maybe_unused]] std::uint32_t* out, [[maybe_unused]] std::size_t words) {
#if defined(__x86_64__)
  if (engine == Engine::kAvx512) return fill_avx512(seed, stream, first_block, out, words);
  if (engine == Engine::kAvx2) return fill_avx2(seed, stream, first_block, out, words);
#endif
  return 0;
}

std::size_t bernoulli([[maybe_unused]] Engine engine, [[maybe_unused]] std::uint64_t seed,
                      [[maybe_unused]] std::uint64_t stream,
                      [[maybe_unused]] std::uint64_t first_word,
                      [[maybe_unused]] std::uint16_t threshold, [[maybe_unused]] std::uint32_t* out,
                      [[maybe_unused]] std::size_t words) {
#if defined(__x86_64__)
  if (engine == Engine::kAvx512) {
    return bernoulli_avx512(seed, stream, first_word, threshold, out, words);
  }
  if (engine == Engine::kAvx2) {
    return bernoulli_avx2(seed, stream, first_word, threshold, out, words);
  }
#endif
  return 0;
}

}  // namespace finemix::philox
