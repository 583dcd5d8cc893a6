#pragma once

#include <cstdint>
#include <string_view>

namespace finemix {

// The unsigned number of at most 8 bytes, the lowest first, that `digits` are.
inline std::uint64_t little_endian(std::string_view digits) {
  std::uint64_t value = 0;
  for (std::size_t i = digits.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(digits[i]);
  }
  return value;
}

}  // namespace finemix
