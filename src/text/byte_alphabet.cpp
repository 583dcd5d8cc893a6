#include "text/byte_alphabet.h"

#include <array>

#include "finemix/text/unicode.h"

namespace finemix {
namespace {

constexpr char32_t kFirstSubstitute = 0x100;
constexpr int kNone = -1;

constexpr bool stands_for_itself(char32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xFF && byte != 0xAD);
}

struct Alphabet {
  std::array<char32_t, 256> characters{};
  std::array<int, 2 * 256> bytes{};  // by character, kNone where it is none
};

constexpr Alphabet kAlphabet = [] {
  Alphabet alphabet;
  alphabet.bytes.fill(kNone);
  char32_t substitute = kFirstSubstitute;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const char32_t character = stands_for_itself(byte) ? byte : substitute++;
    alphabet.characters[byte] = character;
    alphabet.bytes[character] = static_cast<int>(byte);
  }
  return alphabet;
}();

}  // namespace

std::string byte_character(unsigned char byte) {
  std::string character;
  append_utf8(character, kAlphabet.characters[byte]);
  return character;
}

std::string bytes_of_token(std::string_view token) {
  std::string bytes;
  for (std::size_t at = 0; at < token.size();) {
    const char32_t character = next_code_point(token, at);
    if (character >= kAlphabet.bytes.size() || kAlphabet.bytes[character] == kNone) return "";
    bytes += static_cast<char>(kAlphabet.bytes[character]);
  }
  return bytes;
}

}  // namespace finemix
