#include "io/destination.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "finemix/core/error.h"
#include "finemix/io/bytes.h"
#include "finemix/io/manifest.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLock = ".finemix-lock";

// "runs/out/" names the same place as "runs/out".
fs::path without_trailing_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

fs::path parent_of(const fs::path& path) {
  const fs::path name = path.filename();
  if (name.empty() || name == "." || name == "..") {
    throw Error(ErrorKind::kUsage, "output " + quote_path(path) +
                                       " has no name of its own: give a path that ends in a name");
  }
  const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code error;
  if (!fs::is_directory(parent, error)) {
    throw Error(ErrorKind::kFile, "output " + quote_path(path) + ": there is no directory " +
                                      quote_path(parent) + ": create it first");
  }
  return parent;
}

fs::path sibling(const fs::path& path, std::string_view suffix) {
  return path.parent_path() / ("." + path.filename().native() + std::string(suffix));
}

bool lies_at(int file, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(file, &opened) == 0 && lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

// rename(2) with RENAME_NOREPLACE or RENAME_EXCHANGE; false where the file system has no such call.
bool try_rename(const fs::path& from, const fs::path& to, unsigned flags) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS) return false;
  throw_errno("move the output to", to, errno);
}

void rename_or_throw(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) != 0) throw_errno("move the output to", to, errno);
}

}  // namespace

fs::path lock_file_of(const fs::path& output, std::string_view part) {
  return sibling(without_trailing_slash(output), std::string(part) + std::string(kLock));
}

PathLock::PathLock(const fs::path& lock_file, const fs::path& object) : path_(lock_file) {
  do {
    file_ = Descriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!file_.valid()) throw_errno("create", path_, errno);
    if (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) throw_errno("lock", path_, errno);
      throw Error(ErrorKind::kFile, "another process is writing " + quote_path(object) +
                                        ": wait until it ends, or choose another output");
    }
    // The last holder may have removed the file after it was opened here; then it guards nothing.
  } while (!lies_at(file_.get(), path_));
}

PathLock::~PathLock() {
  // Still locked: whoever has opened it by now sees that it lies at its path no more.
  if (file_.valid()) unlink(path_.c_str());
}

Destination::Destination(const fs::path& path, Kind kind, bool overwrite,
                         std::uint64_t expected_size)
    : Destination(path, kind, overwrite) {
  check_name_is_free();
  check_space(expected_size);
}

Destination::Destination(const fs::path& path, Kind kind, bool overwrite)
    : path_(without_trailing_slash(path)),
      parent_(parent_of(path_)),
      partial_(sibling(path_, ".finemix-partial")),
      aside_(sibling(path_, ".finemix-replaced")),
      kind_(kind),
      overwrite_(overwrite),
      lock_(lock_file_of(path_), path_) {
  recover();
}

void Destination::recover(const fs::path& path) {
  const Destination recovered(path, Kind::kDirectory, true);
}

void Destination::remove(const fs::path& path) {
  const Destination removed(path, Kind::kDirectory, true);
  if (is_there(removed.path_)) rename_or_throw(removed.path_, removed.partial_);
}

std::optional<fs::path> Destination::of_lock(const fs::path& file) {
  const std::string name = file.filename().native();
  if (!name.starts_with(".") || !name.ends_with(kLock)) return std::nullopt;
  return file.parent_path() / name.substr(1, name.size() - 1 - kLock.size());
}

// The lock is held: whatever lies under the hidden names is of a run that was killed.
void Destination::recover() {
  std::error_code error;
  fs::remove_all(partial_, error);
  if (error) throw_errno("remove", partial_, error.value());
  if (!is_there(aside_)) return;
  if (!is_there(path_)) return rename_or_throw(aside_, path_);
  fs::remove_all(aside_, error);
  if (error) throw_errno("remove", aside_, error.value());
}

void Destination::check_name_is_free() const {
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    throw_errno("examine", path_, errno);
  }
  const std::string found =
      "output " + quote_path(path_) + " exists (" + std::string(file_kind(status.st_mode)) + ")";
  const bool replaceable = kind_ == Kind::kFile ? S_ISREG(status.st_mode) : S_ISDIR(status.st_mode);
  if (!replaceable) {
    throw Error(ErrorKind::kUsage,
                found + ", and only " +
                    std::string(file_kind(kind_ == Kind::kFile ? S_IFREG : S_IFDIR)) +
                    " can be replaced: choose another name");
  }
  if (!overwrite_) {
    throw Error(ErrorKind::kUsage, found + ": choose another name, or allow it with --overwrite");
  }
  if (kind_ != Kind::kDirectory) return;
  if (const std::optional<fs::path> foreign = file_not_in_manifest(path_)) {
    throw Error(ErrorKind::kUsage,
                found + " and holds " + quote_path(*foreign) +
                    ", which is in no manifest of finemix's: --overwrite would remove it; choose "
                    "another name, or remove it yourself");
  }
}

void Destination::check_space(std::uint64_t expected_size) const {
  struct statvfs status {};
  if (statvfs(parent_.c_str(), &status) != 0) throw_errno("examine", parent_, errno);
  const std::uint64_t available = std::uint64_t{status.f_bavail} * status.f_frsize;
  if (available < expected_size) {
    throw Error(ErrorKind::kFile, "output " + quote_path(path_) + " needs " +
                                      std::to_string(expected_size) + " bytes, but " +
                                      quote_path(parent_) + " has " + std::to_string(available) +
                                      " left: free some space, or write to another disk");
  }
}

Destination::~Destination() {
  std::error_code ignored;
  if (!in_place_) fs::remove_all(partial_, ignored);
}

void Destination::publish() {
  put_in_place();
  in_place_ = true;
  sync_path(parent_);
  // What was replaced goes only now that its successor is safe. Where that fails, the output is
  // there all the same, and the next run clears up.
  std::error_code ignored;
  fs::remove_all(partial_, ignored);
  fs::remove_all(aside_, ignored);
}

void Destination::put_in_place() {
  if (overwrite_ && kind_ == Kind::kDirectory && is_there(path_)) {
    check_name_is_free();  // files may have come there meanwhile
    replace_directory();
  } else if (overwrite_) {
    rename_or_throw(partial_, path_);
  } else if (!try_rename(partial_, path_, RENAME_NOREPLACE)) {
    check_name_is_free();  // rename(2) would replace even what has appeared meanwhile
    rename_or_throw(partial_, path_);
  }
}

void Destination::replace_directory() {
  if (try_rename(partial_, path_, RENAME_EXCHANGE)) return;
  rename_or_throw(path_, aside_);
  try {
    rename_or_throw(partial_, path_);
  } catch (const Error&) {
    rename_or_throw(aside_, path_);
    throw;
  }
}

}  // namespace finemix
