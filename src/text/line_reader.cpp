#include "text/line_reader.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace finemix {

constexpr std::uint64_t kBlockBytes = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

LineReader::LineReader(const std::filesystem::path& path) : file_(path) {
  if (refill() && block_.starts_with(kByteOrderMark)) used_ = kByteOrderMark.size();
}

bool LineReader::refill() {
  block_.resize(std::min(kBlockBytes, file_.size() - offset_));
  file_.read(offset_, std::as_writable_bytes(std::span(block_)));
  offset_ += block_.size();
  used_ = 0;
  return !block_.empty();
}

bool LineReader::next(std::string& line) {
  line.clear();
  if (used_ == block_.size() && !refill()) return false;
  ++number_;
  do {
    const std::size_t end = block_.find('\n', used_);
    line.append(block_, used_, end - used_);
    if (end != std::string::npos) {
      used_ = end + 1;
      return true;
    }
    used_ = block_.size();
  } while (refill());
  return true;
}

}  // namespace finemix
