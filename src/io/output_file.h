#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "io/posix.h"

namespace finemix {

// A new file that is removed again unless keep() is reached. Writes are gathered, and every short
// or failed one throws kFile naming the file.
class OutputFile {
 public:
  // Throws kFile, also when something is there already: nothing is ever written over.
  explicit OutputFile(const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::byte> bytes);
  // Makes what was written survive a power cut.
  void sync();
  void keep();

 private:
  void flush();
  void write_through(std::span<const std::byte> bytes);

  std::filesystem::path path_;
  Descriptor file_;
  std::vector<std::byte> pending_;
  std::uint64_t written_ = 0;  // bytes, of those that are no longer pending
  std::uint64_t sent_ = 0;     // of these, bytes that are on their way to the disk
  bool kept_ = false;
};

}  // namespace finemix
