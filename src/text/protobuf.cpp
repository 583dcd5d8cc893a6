#include "text/protobuf.h"

#include "finemix/core/error.h"
#include "finemix/core/little_endian.h"
#include "finemix/core/quote.h"

namespace finemix {

bool ProtobufReader::next(ProtobufField& field) {
  constexpr std::uint64_t kLastNumber = (1u << 29) - 1;
  if (at_ == message_.size()) return false;
  field = {};
  field.offset = offset_ + at_;
  const std::uint64_t tag = varint();
  if (tag >> 3 == 0 || tag >> 3 > kLastNumber) {
    refuse("field number " + std::to_string(tag >> 3) + ", expected 1 to " +
           std::to_string(kLastNumber));
  }
  field.number = static_cast<std::uint32_t>(tag >> 3);
  switch (tag & 7) {
    case 0:
      field.wire = ProtobufField::Wire::kVarint;
      field.value = varint();
      return true;
    case 1:
      field.wire = ProtobufField::Wire::kFixed64;
      field.value = fixed(8);
      return true;
    case 2: {
      field.wire = ProtobufField::Wire::kBytes;
      const std::uint64_t length = varint();
      if (length > message_.size() - at_) {
        refuse("field " + std::to_string(field.number) + " of " + std::to_string(length) +
               " bytes, but " + std::to_string(message_.size() - at_) + " are left");
      }
      field.bytes = message_.substr(at_, static_cast<std::size_t>(length));
      at_ += static_cast<std::size_t>(length);
      return true;
    }
    case 5:
      field.wire = ProtobufField::Wire::kFixed32;
      field.value = fixed(4);
      return true;
    default:
      refuse("field " + std::to_string(field.number) + " of wire type " + std::to_string(tag & 7) +
             ", expected 0, 1, 2 or 5");
  }
}

std::uint64_t ProtobufReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ == message_.size()) refuse("the message ends inside a number");
    const auto byte = static_cast<unsigned char>(message_[at_++]);
    // Of the tenth byte only one bit is left to 64.
    if (shift == 63 && byte > 1) break;
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  refuse("a number of more than 64 bits");
}

std::uint64_t ProtobufReader::fixed(std::size_t bytes) {
  if (message_.size() - at_ < bytes) {
    refuse("a number of " + std::to_string(bytes) + " bytes, but " +
           std::to_string(message_.size() - at_) + " are left");
  }
  at_ += bytes;
  return little_endian(message_.substr(at_ - bytes, bytes));
}

void ProtobufReader::refuse(const std::string& what) const {
  throw Error(ErrorKind::kMalformed,
              printable(object_) + ": byte " + std::to_string(offset_ + at_) + ": " + what);
}

}  // namespace finemix
