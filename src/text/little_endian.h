#pragma once

#include <cstdint>
#include <string_view>

namespace finemix {

// The unsigned number of at most 8 bytes, the first being the lowest.
inline std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

}  // namespace finemix
