#include "finemix/core/number.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace finemix {

std::string plain_number(double number) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), result.ptr};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || std::signbit(number)) return std::nullopt;
  std::string unit(rest, end);
  for (char& c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  double factor = 1;
  for (const std::string_view known : {"", "KB", "MB", "GB", "TB"}) {
    if (unit == known) {
      const double bytes = std::round(number * factor);
      if (!(bytes < 0x1p63)) return std::nullopt;  // "inf" and "nan" too
      return static_cast<std::uint64_t>(bytes);
    }
    factor *= 1000;
  }
  return std::nullopt;
}

}  // namespace finemix
