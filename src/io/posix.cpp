#include "io/posix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

std::string_view next_step(int error) {
  switch (error) {
    case ENOENT:
      return ": check the path";
    case EACCES:
    case EPERM:
      return ": check its permissions";
    case ENOSPC:
    case EDQUOT:
      return ": free some space, or write to another disk";
    case EFBIG:
      return ": raise the limit on file sizes (ulimit -f), or write to another file system";
    case EROFS:
      return ": write to another place";
    case EMFILE:
    case ENFILE:
      return ": raise the limit on open files (ulimit -n)";
    case ENAMETOOLONG:
      return ": use a shorter name";
    case ENOLCK:
      return ": write to a file system that has locks";
    case EIO:
      return ": the disk or its connection fails; check the system log";
    default:
      return "";
  }
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(number_, -1); }

int Descriptor::close() { return valid() ? ::close(release()) : 0; }

std::string quote_path(const std::filesystem::path& path) { return quote(path.native()); }

void throw_errno(std::string_view action, const std::filesystem::path& path, int error) {
  throw Error(ErrorKind::kFile, "cannot " + std::string(action) + " " + quote_path(path) + ": " +
                                    std::generic_category().message(error) +
                                    std::string(next_step(error)));
}

std::string_view file_kind(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "a regular file";
    case S_IFDIR:
      return "a directory";
    case S_IFLNK:
      return "a link";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

void sync_path(const std::filesystem::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  // EINVAL: this file system has nothing to sync here (some network ones, for directories).
  if (!file.valid() || (fsync(file.get()) != 0 && errno != EINVAL)) {
    throw_errno("write to disk", path, errno);
  }
}

}  // namespace finemix
