#include "finemix/io/atomic_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "finemix/core/error.h"
#include "io/destination.h"
#include "io/output_file.h"

namespace finemix {

namespace fs = std::filesystem;

namespace {

// Whether `path` is `directory` or lies below it; both canonical.
bool lies_in(const fs::path& path, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first ==
         directory.end();
}

fs::path real_path(const fs::path& path, std::error_code& error) {
  const fs::path result = fs::weakly_canonical(path, error);
  return result.has_filename() ? result : result.parent_path();  // "out/" is "out"
}

}  // namespace

void check_apart(const fs::path& output, std::span<const std::string> inputs) {
  std::error_code error;
  const fs::path out = real_path(output, error);
  if (output.empty() || error) return;  // then making it says what is wrong
  for (const std::string& input : inputs) {
    if (input.empty() || !fs::exists(input, error)) continue;
    const fs::path in = real_path(input, error);
    if (error) continue;
    const bool holds = lies_in(in, out);
    if (!holds && !lies_in(out, in)) continue;
    const std::string relation = in == out ? " is an input too"
                                 : holds   ? " holds the input " + quote_path(input)
                                           : " lies in the input " + quote_path(input);
    throw Error(ErrorKind::kUsage, "output " + quote_path(output) + relation +
                                       ", and inputs are never changed: choose another name");
  }
}

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

}  // namespace finemix
