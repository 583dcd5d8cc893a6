#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

// Where words begin and end in ASCII text, 64 bytes at a time. What is taken for granted here of
// ASCII characters is what code_point_properties() says of them; a test compares the two.
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

// Where the word that begins `text` ends, at an ASCII white space or punctuation mark.
inline std::size_t word_end(std::string_view text) {
  std::size_t at = 0;
  for (; text.size() - at >= kBlockBytes; at += kBlockBytes) {
    const ByteClasses classes = classify_block(text.data() + at);
    const std::uint64_t ends = classes.space | classes.punctuation;
    if (ends != 0) return at + static_cast<std::size_t>(std::countr_zero(ends));
  }
  char rest[kBlockBytes];
  std::memset(rest, ' ', sizeof rest);
  text.copy(rest, kBlockBytes, at);
  const ByteClasses classes = classify_block(rest);
  return at + static_cast<std::size_t>(std::countr_zero(classes.space | classes.punctuation));
}

// The words of the beginning of a text: punctuation marks, and what lies between them and white
// space. The text begins where a word may begin.
class WordBlock {
 public:
  // Bytes that can be read from the begin of each word on.
  static constexpr std::size_t kReadable = 16;

  explicit WordBlock(std::string_view text) : bytes_(text.data()) {
    if (text.size() < kBlockBytes + kReadable) {
      std::memset(end_of_text_, ' ', sizeof end_of_text_);
      std::memcpy(end_of_text_, text.data(), text.size());
      bytes_ = end_of_text_;
    }
    const ByteClasses classes = classify_block(bytes_);
    const std::uint64_t inside = ~(classes.space | classes.punctuation);
    begins_ = (inside & ~(inside << 1)) | classes.punctuation;
    ends_ = (~inside & inside << 1) | classes.punctuation << 1;
    odd_ = classes.odd;
    // A last word that has no end in here is left to the next block.
    if (std::popcount(begins_) > std::popcount(ends_)) {
      size_ = static_cast<std::size_t>(std::bit_width(begins_) - 1);
    }
  }
  WordBlock(const WordBlock&) = delete;
  WordBlock& operator=(const WordBlock&) = delete;

  const char* bytes() const { return bytes_; }
  // Bytes up to where the next block begins. 0: the word here is as long as the block or longer.
  std::size_t size() const { return size_; }
  // Whether all bytes of a word are ASCII, and none a control character.
  bool is_plain(std::size_t begin, std::size_t end) const {
    return ((odd_ & ((std::uint64_t{1} << end) - 1)) >> begin) == 0;
  }
  // Calls use(begin, end) for each word that ends in the block.
  template <typename Use>
  void for_each(const Use& use) const {
    std::uint64_t begins = begins_;
    for (std::uint64_t ends = ends_; ends != 0; ends &= ends - 1, begins &= begins - 1) {
      use(static_cast<std::size_t>(std::countr_zero(begins)),
          static_cast<std::size_t>(std::countr_zero(ends)));
    }
  }

 private:
  const char* bytes_;
  std::uint64_t begins_;  // a bit for each word: its first byte
  std::uint64_t ends_;    // the byte behind it
  std::uint64_t odd_;
  std::size_t size_ = kBlockBytes;
  char end_of_text_[kBlockBytes + kReadable];  // and blanks behind it
};

}  // namespace finemix
