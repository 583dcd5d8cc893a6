#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

// Where words begin and end in ASCII text, 64 bytes at a time. What it takes for granted of ASCII
// characters is what code_point_properties() says of them; a test compares the two.
namespace finemix {

// One bit for each byte of a block, the first byte's the lowest. A byte in none of the sets is a
// letter or a digit.
struct ByteClasses {
  std::uint64_t space = 0;
  std::uint64_t punctuation = 0;
  std::uint64_t odd = 0;  // not ASCII, or a control character that is no white space
};

inline constexpr std::size_t kBlockBytes = 64;

// By arithmetic on single bytes: for processors without what classify_block needs, and its test.
inline ByteClasses classify_block_portably(const char* block) {
  ByteClasses classes;
  for (std::size_t i = 0; i < kBlockBytes; ++i) {
    const auto byte = static_cast<unsigned char>(block[i]);
    const auto within = [&](unsigned first, unsigned last) { return byte - first <= last - first; };
    const bool space = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
    const bool punctuation =
        within('!', '/') || within(':', '@') || within('[', '`') || within('{', '~');
    const bool odd = !space && !within(0x20, 0x7E);
    classes.space |= std::uint64_t{space} << i;
    classes.punctuation |= std::uint64_t{punctuation} << i;
    classes.odd |= std::uint64_t{odd} << i;
  }
  return classes;
}

#if defined(__SSSE3__)
// A byte's class is what the entries of its two nibbles have in common: each bit stands for some
// rows of the ASCII table (its high nibbles) and some columns (its low ones).
inline ByteClasses classify_block(const char* block) {
  constexpr char kSpaces = 0x03;  // 0x01: tab, LF, CR in row 0; 0x02: the blank in row 2
  // 0x04: row 2 but the blank; 0x08: row 3 from ':'; 0x10: '@' and '`'; 0x20: B to E of rows 5 and
  // 7; 0x40: '_'.
  const __m128i rows = _mm_setr_epi8(0x01, 0, 0x06, 0x08, 0x10, 0x60, 0x10, 0x20,  //
                                     0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i columns = _mm_setr_epi8(0x12, 4, 4, 4, 4, 4, 4, 4,  //
                                        4, 5, 0x0D, 0x2C, 0x2C, 0x2D, 0x2C, 0x4C);
  const __m128i nibble = _mm_set1_epi8(0x0F);
  const auto bits_of = [](__m128i bytes) {
    return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(bytes))};
  };
  ByteClasses classes;
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i);
    const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble);
    const __m128i found = _mm_and_si128(_mm_shuffle_epi8(rows, high),
                                        _mm_shuffle_epi8(columns, _mm_and_si128(bytes, nibble)));
    const __m128i spaces =
        _mm_cmpgt_epi8(_mm_and_si128(found, _mm_set1_epi8(kSpaces)), _mm_setzero_si128());
    const __m128i punctuation = _mm_cmpgt_epi8(found, _mm_set1_epi8(kSpaces));
    // Signed: bytes that are not ASCII are negative.
    const __m128i unprintable = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                             _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    classes.space |= bits_of(spaces) << (16 * i);
    classes.punctuation |= bits_of(punctuation) << (16 * i);
    classes.odd |= bits_of(_mm_andnot_si128(spaces, unprintable)) << (16 * i);
  }
  return classes;
}
#else
inline ByteClasses classify_block(const char* block) { return classify_block_portably(block); }
#endif

// The classes of the block of `text` at `base`, at most its size. A blank stands behind the text.
inline ByteClasses classify_block(std::string_view text, std::size_t base) {
  const std::size_t left = text.size() - base;
  if (left >= kBlockBytes) return classify_block(text.data() + base);
  char block[kBlockBytes];
  std::memset(block, ' ', sizeof block);
  if (left > 0) std::memcpy(block, text.data() + base, left);
  ByteClasses classes = classify_block(block);
  classes.space &= (std::uint64_t{2} << left) - 1;
  return classes;
}

}  // namespace finemix
