#include "io/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "finemix/core/stop.h"

namespace finemix {
namespace {

constexpr std::size_t kGatherBytes = 64 << 10;
// Between two of these a signal to stop is seen.
constexpr std::size_t kWriteBytes = 16 << 20;
// A large file goes to the disk in steps of this size while the next ones are made, so that the
// fsync at its end has little left to wait for.
constexpr std::uint64_t kBehindBytes = 8 << 20;

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path)
    : path_(path),
      file_(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666)) {
  if (!file_.valid()) throw_errno("create", path_, errno);
}

OutputFile::~OutputFile() {
  if (!kept_) unlink(path_.c_str());
}

void OutputFile::write(std::span<const std::byte> bytes) {
  if (pending_.size() + bytes.size() > kGatherBytes) flush();
  if (bytes.size() > kGatherBytes) {
    write_through(bytes);
  } else {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  }
}

void OutputFile::sync() {
  flush();
  if (fsync(file_.get()) != 0) throw_errno("write to disk", path_, errno);
}

void OutputFile::keep() {
  flush();
  if (file_.close() != 0) throw_errno("write", path_, errno);
  kept_ = true;
}

void OutputFile::flush() {
  write_through(pending_);
  pending_.clear();
}

void OutputFile::write_through(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    throw_if_stopped();
    const ssize_t done = ::write(file_.get(), bytes.data(), std::min(bytes.size(), kWriteBytes));
    if (done < 0) {
      if (errno == EINTR) continue;
      throw_errno("write", path_, errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    written_ += static_cast<std::uint64_t>(done);
  }
  if (written_ - sent_ < kBehindBytes) return;
  // Only a hint: that the bytes are on the disk is fsync's to say, so failures don't matter here.
  sync_file_range(file_.get(), static_cast<off64_t>(sent_), static_cast<off64_t>(written_ - sent_),
                  SYNC_FILE_RANGE_WRITE);
  sent_ = written_;
}

}  // namespace finemix
