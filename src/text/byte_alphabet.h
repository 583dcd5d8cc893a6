#pragma once

#include <string>
#include <string_view>

namespace finemix {

// The alphabet of byte-level BPE: bytes that are printable in Latin-1 stand for themselves, the
// others, in their order, for U+0100 and what follows (Radford et al., "Language Models are
// Unsupervised Multitask Learners", 2019; its function bytes_to_unicode).

// The character of a byte, in UTF-8.
std::string byte_character(unsigned char byte);

// The bytes that a token in this alphabet (well-formed UTF-8) stands for; empty when it has a
// character of another one.
std::string bytes_of_token(std::string_view token);

}  // namespace finemix
