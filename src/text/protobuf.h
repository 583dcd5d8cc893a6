#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace finemix {

// A field of a protobuf message as it lies in the file (protobuf.dev, "Encoding").
struct ProtobufField {
  // The kinds that a field's bytes may have; groups, which nest, are refused.
  enum class Wire { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  std::uint32_t number = 0;
  Wire wire = Wire::kVarint;
  std::uint64_t value = 0;  // of a number, its bits
  std::string_view bytes;   // of kBytes: a string or a message
  std::size_t offset = 0;   // of the field in the whole file
};

// Reads the fields of one protobuf message, in the order of the file, without a copy. What a field
// means is the caller's affair, a message inside included: nothing here recurses.
class ProtobufReader {
 public:
  // `object` names the message in errors ("spm.model: piece 7"); `offset` is where the message
  // begins in its file. Both texts must outlive the reader.
  ProtobufReader(std::string_view message, std::string_view object, std::size_t offset = 0)
      : message_(message), object_(object), offset_(offset) {}

  // False when no field is left. Throws kMalformed at a varint of more than 64 bits, a field that
  // reaches beyond the message, a field number 0 or over 2^29 − 1, and a wire type that is none.
  bool next(ProtobufField& field);

 private:
  std::uint64_t varint();
  std::uint64_t fixed(std::size_t bytes);
  [[noreturn]] void refuse(const std::string& what) const;

  std::string_view message_;
  std::string_view object_;
  std::size_t offset_;
  std::size_t at_ = 0;
};

}  // namespace finemix
