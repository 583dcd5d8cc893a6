#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace finemix {

// Text from an untrusted source, safe to show in a message: in single quotes, control characters
// and what is not UTF-8 as \xNN (a terminal obeys escape sequences), and so characters that are not
// seen, turn round what stands beside them (Unicode UAX #9) or may not be in XML; of more than
// `limit` bytes only the beginning and the end.
std::string quote(std::string_view text, std::size_t limit = 300);

// The same without the quotes.
std::string printable(std::string_view text, std::size_t limit = 300);

// As a POSIX shell, or bash where printable() would change it, reads it back: itself where it can
// be, else in quotes, and always in one line that is shown as it is.
std::string shell_word(std::string_view word);

}  // namespace finemix
