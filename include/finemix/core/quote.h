#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace finemix {

// Text from an untrusted source, safe to show in a message: in single quotes, control characters
// and what is not UTF-8 as \xNN (a terminal obeys escape sequences), and of more than `limit` bytes
// only the beginning and the end.
std::string quote(std::string_view text, std::size_t limit = 300);

// The same without the quotes.
std::string printable(std::string_view text, std::size_t limit = 300);

}  // namespace finemix
