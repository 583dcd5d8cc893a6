#include "finemix/io/atomic_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "finemix/core/error.h"
#include "io/destination.h"
#include "io/output_file.h"

namespace finemix {

namespace fs = std::filesystem;

struct AtomicFile::Impl {
  Impl(const fs::path& path, bool overwrite, std::uint64_t expected_size)
      : destination(path, Destination::Kind::kFile, overwrite, expected_size),
        file(destination.partial()) {}

  Destination destination;
  OutputFile file;
};

AtomicFile::AtomicFile(const fs::path& path, bool overwrite, std::uint64_t expected_size)
    : impl_(std::make_unique<Impl>(path, overwrite, expected_size)) {}

AtomicFile::~AtomicFile() = default;

void AtomicFile::write(std::span<const std::byte> bytes) { impl_->file.write(bytes); }

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  impl_->file.sync();
  impl_->destination.publish();
  impl_->file.keep();
}

void write_text_file(const fs::path& path, std::string_view text, bool overwrite) {
  AtomicFile file(path, overwrite, text.size());
  file.write(text);
  file.commit();
}

struct AtomicDirectory::Impl {
  Impl(const fs::path& path, bool overwrite, std::uint64_t expected_size)
      : destination(path, Destination::Kind::kDirectory, overwrite, expected_size) {
    if (mkdir(destination.partial().c_str(), 0777) != 0) {
      throw_errno("create", destination.partial(), errno);
    }
  }

  Destination destination;
};

AtomicDirectory::AtomicDirectory(const fs::path& path, bool overwrite, std::uint64_t expected_size)
    : impl_(std::make_unique<Impl>(path, overwrite, expected_size)) {}

AtomicDirectory::~AtomicDirectory() = default;

const fs::path& AtomicDirectory::staging() const { return impl_->destination.partial(); }

void AtomicDirectory::commit() {
  std::error_code error;
  fs::recursive_directory_iterator entry(staging(), error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) sync_path(entry->path());
  if (error) throw_errno("read", staging(), error.value());
  sync_path(staging());
  impl_->destination.publish();
}

void recover_output(const fs::path& path) { Destination::recover(path); }

void remove_output(const fs::path& path) { Destination::remove(path); }

void recover_outputs_below(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> outputs;
  fs::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    if (const auto output = Destination::of_lock(entry->path())) outputs.push_back(*output);
  }
  for (const fs::path& output : outputs) {
    try {
      recover_output(output);
    } catch (const Error&) {  // it is being written, or went with what it lay in
    }
  }
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw_errno("create", path, error.value());
}

}  // namespace finemix
