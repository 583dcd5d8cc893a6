#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace finemix {

// The bytes of a pickle, taken from its front: what follows an opcode, each bounded by what is
// left. `object` names the pickle in errors, as it is to be shown. All throw kMalformed.
class PickleBytes {
 public:
  PickleBytes(std::string_view pickle, std::string_view object)
      : pickle_(pickle), object_(object) {}

  std::uint8_t take_opcode();
  std::string_view take(std::uint64_t bytes);
  std::uint64_t take_number(std::size_t bytes);  // unsigned, little-endian, of at most 8 bytes
  std::int64_t take_long();                      // LONG1's: its length, then two's complement
  std::string_view take_line();                  // up to a newline, of at most 255 bytes

  std::size_t size() const { return pickle_.size(); }
  std::size_t place() const { return at_; }
  std::size_t left() const { return pickle_.size() - at_; }
  std::string_view text(std::size_t begin, std::size_t bytes) const {
    return pickle_.substr(begin, bytes);
  }

  // Says `found` of the last opcode.
  [[noreturn]] void refuse(const std::string& found) const;

 private:
  std::string_view pickle_;
  std::string_view object_;
  std::size_t at_ = 0;
  std::size_t opcode_at_ = 0;
};

}  // namespace finemix
