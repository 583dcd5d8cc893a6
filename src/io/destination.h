#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "io/posix.h"

namespace finemix {

// A lock that one process at a time can hold. Its file is removed on release; one that a killed
// process leaves behind locks nothing.
class PathLock {
 public:
  // `object` is what the lock guards. Throws kFile when another process holds it.
  PathLock(const std::filesystem::path& lock_file, const std::filesystem::path& object);
  ~PathLock();
  PathLock(const PathLock&) = delete;
  PathLock& operator=(const PathLock&) = delete;

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

// Of what is called `part` of an output ("" for all of it).
std::filesystem::path lock_file_of(const std::filesystem::path& output, std::string_view part = "");

// The place where an output is to appear under its name, whole or not at all. It is made beside it,
// under a hidden name that a later run clears away if this one is killed.
class Destination {
 public:
  enum class Kind { kFile, kDirectory };

  // Throws what AtomicFile and AtomicDirectory say.
  Destination(const std::filesystem::path& path, Kind kind, bool overwrite,
              std::uint64_t expected_size);
  // Without publish(), what is at partial() is removed.
  ~Destination();
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;

  // Clears up after a writer of `path` that was killed. Throws kFile.
  static void recover(const std::filesystem::path& path);
  // Removes what is at `path`: after a kill all of it is there, or nothing. Throws kFile.
  static void remove(const std::filesystem::path& path);
  // What the lock file guards; nothing when it isn't one.
  static std::optional<std::filesystem::path> of_lock(const std::filesystem::path& file);

  const std::filesystem::path& partial() const { return partial_; }
  // Puts what is at partial() in place, and what was there before away. Throws kFile.
  void publish();

 private:
  Destination(const std::filesystem::path& path, Kind kind, bool overwrite);

  void recover();
  void check_name_is_free() const;
  void check_space(std::uint64_t expected_size) const;
  void put_in_place();
  void replace_directory();

  std::filesystem::path path_;
  std::filesystem::path parent_;
  std::filesystem::path partial_;
  std::filesystem::path aside_;  // what is being replaced, where the two cannot be exchanged
  Kind kind_;
  bool overwrite_;
  bool in_place_ = false;
  PathLock lock_;
};

}  // namespace finemix
