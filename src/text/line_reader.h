#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "finemix/io/bytes.h"

namespace finemix {

// The lines of a file of any size, one at a time. A byte order mark at the start is skipped.
class LineReader {
 public:
  // Throws kFile.
  explicit LineReader(const std::filesystem::path& path);

  // Replaces `line` by the next line without its "\n" (a "\r" before that stays); false at the end.
  // Throws kFile.
  bool next(std::string& line);
  const std::filesystem::path& path() const { return file_.path(); }
  // Of the line that next() gave last, from 1.
  std::size_t number() const { return number_; }

 private:
  bool refill();

  InputFile file_;
  std::uint64_t offset_ = 0;  // of the byte after those in `block_`
  std::string block_;
  std::size_t used_ = 0;  // bytes of `block_` that have been given out
  std::size_t number_ = 0;
};

// Without a carriage return at the end.
inline std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace finemix
