#include "text/base64.h"

#include <algorithm>
#include <cstdint>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {

std::string decode_base64(std::string_view text, std::string_view object) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::kMalformed, printable(object) + ": Base64 " + what);
  };
  if (text.size() % 4 != 0) {
    refuse("of " + std::to_string(text.size()) + " characters, expected a multiple of 4");
  }
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;  // of bits that are no whole byte yet
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t value = kAlphabet.find(text[i]);
    if (value == kAlphabet.npos) {
      refuse("holds " + quote(text.substr(i, 1)) + " at character " + std::to_string(i));
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  if ((bits & ((1u << count) - 1)) != 0) refuse("ends with bits that belong to no byte");
  return bytes;
}

}  // namespace finemix
