#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Files of sentencepiece, right or wrong, put together from the fields of its protobuf messages.
namespace finemix::testing::spm {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value > 0x7F; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  return out + static_cast<char>(value);
}

inline std::string field(unsigned number, std::string_view bytes) {
  return varint(number << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

inline std::string piece(std::string_view text, char type) {
  return field(1, field(1, text) + std::string("\x15\0\0\x80\xBF\x18", 6) + type);
}

// For a normalizer: a trie of two blocks that replaces "A" by "b", "\u2026" by "..".
inline std::string charsmap() {
  std::array<std::uint32_t, 1024> units{};
  const auto leads = [&](std::uint32_t place, std::uint32_t label, std::uint32_t next, bool leaf) {
    units[place] = label | (place ^ next) << 10 | (leaf ? 1u << 8 : 0);
  };
  leads(0, 0, 256, false);
  leads(256 ^ 'A', 'A', 257, true);
  units[257] = 1u << 31;
  leads(256 ^ 0xE2, 0xE2, 512, false);
  leads(512 ^ 0x80, 0x80, 768, false);
  leads(768 ^ 0xA6, 0xA6, 769, true);
  units[769] = 1u << 31 | 2;
  std::string blob;
  const auto add = [&](std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) blob += static_cast<char>(value >> shift & 0xFF);
  };
  add(sizeof units);
  for (const std::uint32_t unit : units) add(unit);
  return blob + std::string("b\0..\0", 5);
}

// The fields of a small model that loads as ALBERT's.
inline std::vector<std::string> model_parts() {
  std::vector<std::string> parts = {piece("<pad>", 3),  piece("<unk>", 2),  piece("[CLS]", 3),
                                    piece("[SEP]", 3),  piece("[MASK]", 3), piece("(", 4),
                                    piece("\u2581", 1), piece("a", 1),      piece("ab", 1),
                                    piece("c", 5),      piece("bc", 1)};
  parts.push_back(field(2, "\x18\x01\xC0\x02\x01"));
  parts.push_back(field(3, field(2, charsmap()) + "\x18\x01"));
  parts.push_back(field(4, field(1, field(1, "in") + field(2, "out"))));
  return parts;
}

inline std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

}  // namespace finemix::testing::spm
