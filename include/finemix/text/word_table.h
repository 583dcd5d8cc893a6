#pragma once

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
  static constexpr std::size_t kMaxBytes = 15;

  std::uint64_t first = 0;
  std::uint64_t second = 0;
  bool operator==(const WordKey&) const = default;

  // Of the first `size` bytes (1 to kMaxBytes) at `bytes`, where kMaxBytes + 1 can be read.
  WordKey(const char* bytes, std::size_t size);
  // Of `word`, 1 to kMaxBytes bytes.
  explicit WordKey(std::string_view word);

  // With the capital letters made small. Of a word that is all ASCII.
  WordKey lowered() const;
};

// The id of a word that is in the vocabulary as a whole, as most words of a text are: one look-up
// for what the trie takes a step a byte for. A word is known by its bytes, never by its hash alone.
class WordTable {
 public:
  // Holds those of `words` that have 1 to WordKey::kMaxBytes bytes; an id is an index.
  explicit WordTable(std::span<const std::string> words);

  // -1 when the table does not hold the word.
  std::int32_t find(const WordKey& key) const {
    for (std::size_t i = place(key);; i = (i + 1) & (entries_.size() - 1)) {
      const Entry& entry = entries_[i];
      if (entry.key == key || entry.id < 0) return entry.id;
    }
  }

 private:
  struct alignas(32) Entry {  // never across two cache lines
    WordKey key{"-"};
    std::int32_t id = -1;
  };

  // The high bits of a product depend on all bits of its factors.
  std::size_t place(const WordKey& key) const {
    return (key.first * 0x9E3779B97F4A7C15 + key.second * 0xD6E8FEB86659FD93) >> shift_;
  }

  std::vector<Entry> entries_;  // a power of two of them, at least half of them free
  int shift_;
};

inline WordKey::WordKey(const char* bytes, std::size_t size) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  std::memcpy(&first, bytes, 8);
  std::memcpy(&second, bytes + 8, 8);
  const std::uint64_t kept = kAll >> (8 * (size <= 8 ? 8 - size : 16 - size));
  first &= size <= 8 ? kept : kAll;
  second = (size <= 8 ? 0 : second & kept) | std::uint64_t{size} << 56;
}

inline WordKey::WordKey(std::string_view word) {
  char bytes[kMaxBytes + 1] = {};
  std::memcpy(bytes, word.data(), word.size());
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
  key.second = lower(second);
  return key;
}

}  // namespace finemix
