#pragma once

#include <string>
#include <string_view>

namespace finemix {

// Decodes Base64 (RFC 4648, section 4). Throws kMalformed, naming `object`, at a character that is
// none of its alphabet, a length that is no multiple of 4, wrong padding, or bits after the end
// that are not 0: each string of bytes has one form.
std::string decode_base64(std::string_view text, std::string_view object);

}  // namespace finemix
