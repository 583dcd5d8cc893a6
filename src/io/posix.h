#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace finemix {

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }
  int release();
  // Returns what close(2) did: 0, or -1 with errno set.
  int close();

 private:
  int number_;
};

// A path as a message shows it.
std::string quote_path(const std::filesystem::path& path);

// Throws kFile: "cannot <action> '<path>': <what errno means>: <what to do>".
[[noreturn]] void throw_errno(std::string_view action, const std::filesystem::path& path,
                              int error);

// "a directory", "a link", "a FIFO", ...: what a mode of stat(2) stands for.
std::string_view file_kind(mode_t mode);

// Makes what was written to a file, or the names in a directory, survive a power cut. Throws kFile.
void sync_path(const std::filesystem::path& path);

}  // namespace finemix
