#include "io/pickle_bytes.h"

#include "finemix/core/error.h"
#include "finemix/core/little_endian.h"

namespace finemix {
namespace {

constexpr std::size_t kMaxLineBytes = 256;  // with its newline

}  // namespace

std::uint8_t PickleBytes::take_opcode() {
  opcode_at_ = at_;
  return static_cast<std::uint8_t>(take(1).front());
}

std::string_view PickleBytes::take(std::uint64_t bytes) {
  if (bytes > left()) {
    refuse(std::to_string(bytes) + " bytes wanted where " + std::to_string(left()) +
           " are left: cut short");
  }
  const std::string_view part = pickle_.substr(at_, bytes);
  at_ += bytes;
  return part;
}

std::uint64_t PickleBytes::take_number(std::size_t bytes) { return little_endian(take(bytes)); }

std::int64_t PickleBytes::take_long() {
  const auto bytes = static_cast<std::size_t>(take_number(1));
  if (bytes > 8) refuse("an int of " + std::to_string(bytes) + " bytes, expected at most 8");
  if (bytes == 0) return 0;
  const auto unused = static_cast<unsigned>(64 - 8 * bytes);
  return static_cast<std::int64_t>(take_number(bytes) << unused) >> unused;
}

std::string_view PickleBytes::take_line() {
  const std::size_t end = pickle_.substr(at_, kMaxLineBytes).find('\n');
  if (end == std::string_view::npos) {
    refuse("a name without end in its first " + std::to_string(kMaxLineBytes) + " bytes");
  }
  const std::string_view line = take(end);
  take(1);
  return line;
}

void PickleBytes::refuse(const std::string& found) const {
  throw Error(ErrorKind::kMalformed,
              std::string(object_) + ", byte " + std::to_string(opcode_at_) + ": " + found);
}

}  // namespace finemix
