#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace finemix {

// A file that appears under its name only when it is whole: written beside its destination,
// fsynced, renamed, and the directory fsynced. Destroyed without commit() it leaves nothing behind.
class AtomicFile {
 public:
  // Throws kFile when the directory is missing, not writable, or has less than `expected_size`
  // bytes free; kUsage when `path` exists and `overwrite` is false.
  AtomicFile(const std::filesystem::path& path, bool overwrite, std::uint64_t expected_size = 0);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  // Nothing counts as written before this returns. Throws kFile.
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A whole text at once. Throws as AtomicFile does.
void write_text_file(const std::filesystem::path& path, std::string_view text, bool overwrite);

// A directory that appears under its name only when it is whole. Files are written into
// `staging()`, a sibling of the destination, and commit() renames it into place; with `overwrite`
// the old directory is replaced only then. A lock refuses a second writer of the same destination.
class AtomicDirectory {
 public:
  // Throws kUsage when `path` exists and `overwrite` is false, or is a file; kFile when the parent
  // is missing or not writable, too little space is free, or another process is writing `path`.
  AtomicDirectory(const std::filesystem::path& path, bool overwrite,
                  std::uint64_t expected_size = 0);
  ~AtomicDirectory();
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  const std::filesystem::path& staging() const;
  // Fsyncs every file and the directory, renames, fsyncs the parent. Throws kFile.
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Does at once what the next writer of this output would: what a killed run was writing beside it
// goes, and what it had moved aside comes back. Throws kFile.
void recover_output(const std::filesystem::path& path);

// The same for every output below `directory`, apart from those that are being written.
void recover_outputs_below(const std::filesystem::path& directory);

// Removes a directory that finemix wrote, if it is there: a kill leaves all of it or, to be seen,
// nothing. Throws kFile.
void remove_output(const std::filesystem::path& path);

// Makes a directory, and those above it, unless they are there. Throws kFile.
void make_directories(const std::filesystem::path& path);

}  // namespace finemix
