#pragma once

#include <string>
#include <string_view>

namespace finemix {

// The name of the piece that stands for a byte where text is cut into bytes: "<0x0A>".
inline std::string byte_piece(unsigned byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte >> 4 & 15], kDigits[byte & 15], '>'};
}

}  // namespace finemix
