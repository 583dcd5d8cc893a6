#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace finemix {

// What to do with a path whose last component is a symbolic link. In a stranger's directory one may
// lead to any file; those of a snapshot of the hub cache into its own blobs are how the cache
// works. kOnlyToItsLike also follows one to a file of the link's own name, which is how people
// share a model's files between directories, or to a blob of any model of a hub cache.
enum class Links { kFollow, kRefuse, kOnlyIntoHubBlobs, kOnlyToItsLike };

// A regular file opened for bounded reads. Never mapped: a mapped file that shrinks kills the
// process.
class InputFile {
 public:
  // Throws kFile when the file is missing, not a regular file (a FIFO or a device is refused
  // without waiting for it), or unreadable; kMalformed when it is a link and links are refused.
  explicit InputFile(const std::filesystem::path& path, Links links = Links::kFollow);
  ~InputFile();
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  // Fills `out` from `offset`. Throws kMalformed when the range lies outside the size seen at
  // opening, kFile on a read error or when the file has shrunk since.
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  // Lets the system fetch a range that will be read soon. Only a hint: it never fails.
  void read_ahead(std::uint64_t offset, std::uint64_t bytes) const noexcept;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// Whether anything has this name; a link counts wherever it leads. What is there but cannot be read
// is for its reader to say.
bool is_there(const std::filesystem::path& path);

// Whether a name from an untrusted file stays in its directory: no path, no "..", no control
// characters, and not too long.
bool is_plain_file_name(std::string_view name);

// The whole file as bytes. Throws kMalformed when it is larger than `limit` bytes.
std::string read_text_file(const std::filesystem::path& path, std::uint64_t limit,
                           Links links = Links::kFollow);

}  // namespace finemix
