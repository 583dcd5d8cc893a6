#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace finemix {

// Shortest decimal form that reads back as `number`: 0.4 → "0.4".
std::string plain_number(double number);

// Bytes, of a number that may have kB, MB, GB or TB (powers of 1000) behind it, in either case:
// "1.5GB". Nothing when it is none, or more than 2⁶³ − 1.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace finemix
