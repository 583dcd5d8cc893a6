#include "finemix/io/bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "finemix/core/error.h"
#include "io/hub_cache.h"
#include "io/posix.h"

namespace finemix {

InputFile::InputFile(const std::filesystem::path& path, Links links) : path_(path) {
  // O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
  const int no_links = links == Links::kFollow ? 0 : O_NOFOLLOW;
  // The file itself is opened, not the link again: that may lead elsewhere by now.
  std::optional<std::filesystem::path> allowed;
  if (links == Links::kOnlyIntoHubBlobs) allowed = find_hub_blob(path);
  if (links == Links::kOnlyToItsLike) allowed = find_its_like(path);
  const std::filesystem::path& target = allowed ? *allowed : path;
  Descriptor file(open(target.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | no_links));
  if (!file.valid()) {
    if (errno == ELOOP && links != Links::kFollow) {
      throw Error(ErrorKind::kMalformed, quote_path(path) +
                                             " is a link, expected a regular file: put the file "
                                             "itself there if you trust where the link leads");
    }
    throw_errno("open", path, errno);
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) throw_errno("examine", path, errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::kFile, quote_path(path) + " is " +
                                      std::string(file_kind(status.st_mode)) +
                                      ", expected a regular file: check the path");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  descriptor_ = file.release();
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

void InputFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > size_ || out.size() > size_ - offset) {
    throw Error(ErrorKind::kMalformed, quote_path(path_) + ": " + std::to_string(out.size()) +
                                           " bytes at offset " + std::to_string(offset) +
                                           " are outside the file of " + std::to_string(size_) +
                                           " bytes: the file is cut short, get it again");
  }
  while (!out.empty()) {
    const ssize_t got = pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0) {
      if (errno == EINTR) continue;
      throw_errno("read", path_, errno);
    }
    if (got == 0) {
      throw Error(ErrorKind::kFile, quote_path(path_) + " has shrunk to " + std::to_string(offset) +
                                        " bytes since it was opened with " + std::to_string(size_) +
                                        ": let nothing change it meanwhile, and run again");
    }
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

void InputFile::read_ahead(std::uint64_t offset, std::uint64_t bytes) const noexcept {
  posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes),
                POSIX_FADV_WILLNEED);
}

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

bool is_plain_file_name(std::string_view name) {
  constexpr std::size_t kMaxNameBytes = 255;
  const auto is_plain = [](unsigned char c) {
    return c >= 0x20 && c != 0x7F && c != '/' && c != '\\';
  };
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), is_plain);
}

std::string read_text_file(const std::filesystem::path& path, std::uint64_t limit, Links links) {
  const InputFile file(path, links);
  if (file.size() > limit) {
    throw Error(ErrorKind::kMalformed, quote_path(path) + " has " + std::to_string(file.size()) +
                                           " bytes, expected at most " + std::to_string(limit) +
                                           ": is it the right file?");
  }
  std::string text(file.size(), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace finemix
