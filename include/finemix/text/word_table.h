#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

// A short word as two numbers: its bytes, then zeros, and its size as the last byte.
struct WordKey {
  static constexpr std::size_t kMaxBytes = 11;
  static constexpr std::size_t kReadBytes = 12;

  std::uint64_t first;
  std::uint32_t second;

  WordKey() = default;
  bool operator==(const WordKey&) const = default;
  // Of the first `size` bytes (at least 1) at `bytes`, where kReadBytes can be read. When these are
  // more than kMaxBytes, the key is that of no word.
  WordKey(const char* bytes, std::size_t size);
  explicit WordKey(std::string_view word);

  // With the capital letters made small. Of a word that is all ASCII.
  WordKey lowered() const;
};

// The id of a word that is in the vocabulary as a whole, as most words of a text are: one look-up
// for what the trie takes a step a byte for. A word is known by its bytes, never by its hash alone.
class WordTable {
 public:
  // Holds those of `words` that have 1 to WordKey::kMaxBytes bytes, but for a few whose hash too
  // many others share; an id is an index.
  explicit WordTable(std::span<const std::string> words);

  // Where find() will look first. Asking for it early gives the memory time to come near.
  std::uint32_t place(const WordKey& key) const {
    // The high bits of a product depend on all bits of its factors.
    const std::uint64_t hash = key.first * 0x9E3779B97F4A7C15 + key.second * 0xD6E8FEB86659FD93;
    const auto place = static_cast<std::uint32_t>(hash >> shift_);
    __builtin_prefetch(&entries_[place]);
    return place;
  }

  // -1 when the table does not hold the word; `place` is the key's.
  std::int32_t find(const WordKey& key, std::size_t place) const {
    for (const std::size_t last = place + kProbes; place < last; ++place) {
      const Entry& entry = entries_[place];
      if (entry.first == key.first && entry.second == key.second) return entry.id;
      if (entry.id < 0) break;
    }
    return -1;
  }
  std::int32_t find(const WordKey& key) const { return find(key, place(key)); }

 private:
  struct alignas(16) Entry {  // never across two cache lines
    std::uint64_t first = 0;
    std::uint32_t second = 0;  // of no key
    std::int32_t id = -1;
  };

  // Each look-up ends after so many entries, even of words made to have one hash.
  static constexpr std::size_t kProbes = 16;

  int shift_ = 63;
  std::vector<Entry> entries_;  // 2^(64 - shift_) places, and room behind the last for its probes
};

inline WordKey::WordKey(const char* bytes, std::size_t size) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  struct Mask {
    std::uint64_t first;
    std::uint32_t second;
    std::uint32_t size;
  };
  static constexpr auto kMasks = [] {
    std::array<Mask, kMaxBytes + 2> masks{};
    for (std::size_t i = 0; i <= kMaxBytes; ++i) {
      masks[i] = {i < 8 ? (std::uint64_t{1} << 8 * i) - 1 : ~std::uint64_t{0},
                  i <= 8 ? 0 : (std::uint32_t{1} << 8 * (i - 8)) - 1,
                  static_cast<std::uint32_t>(i) << 24};
    }
    masks[kMaxBytes + 1].size = std::uint32_t{kMaxBytes + 1} << 24;
    return masks;
  }();
  const Mask& mask = kMasks[std::min(size, kMaxBytes + 1)];
  std::memcpy(&first, bytes, sizeof first);
  std::memcpy(&second, bytes + sizeof first, sizeof second);
  first &= mask.first;
  second = (second & mask.second) | mask.size;
}

inline WordKey::WordKey(std::string_view word) {
  char bytes[kReadBytes] = {};
  std::memcpy(bytes, word.data(), std::min(word.size(), kReadBytes));
  *this = WordKey(bytes, word.size());
}

inline WordKey WordKey::lowered() const {
  // Of eight bytes below 0x80 at once: the high bit of a sum says whether a byte reaches a limit,
  // and is then moved to where a small letter differs from a capital one.
  const auto lower = [](std::uint64_t bytes) {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    const std::uint64_t from_a = bytes + kEach * (0x80 - 'A');
    const std::uint64_t behind_z = bytes + kEach * (0x80 - 'Z' - 1);
    return bytes | ((from_a & ~behind_z & kEach * 0x80) >> 2);
  };
  WordKey key = *this;
  key.first = lower(first);
  key.second = static_cast<std::uint32_t>(lower(second));
  return key;
}

}  // namespace finemix
