#include "finemix/core/number.h"

#include <array>
#include <charconv>

namespace finemix {

std::string plain_number(double number) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), result.ptr};
}

}  // namespace finemix
