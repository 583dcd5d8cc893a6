#include "finemix/io/output_guard.h"

#include <algorithm>
#include <system_error>

#include "finemix/core/error.h"
#include "io/destination.h"
#include "io/posix.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

// Without links, dots and a slash at the end, as far as it exists.
fs::path real_path(const fs::path& path, std::error_code& error) {
  const fs::path result = fs::weakly_canonical(fs::absolute(path, error), error);
  return result.has_filename() ? result : result.parent_path();
}

// Whether `path` is `directory` or lies below it.
bool lies_in(const fs::path& path, const fs::path& directory) {
  return std::ranges::mismatch(directory, path).in1 == directory.end();
}

// What `output` is to an input that it would change; empty: nothing.
std::string relation(const fs::path& output, const fs::path& input, const std::string& name) {
  if (input == output) return " is an input too";
  if (lies_in(input, output)) return " holds the input " + quote_path(name);
  std::error_code error;
  const bool is_file_of_it =
      lies_in(output, input) && fs::exists(output, error) && !fs::is_directory(output, error);
  return is_file_of_it ? " is a file of the input " + quote_path(name) : "";
}

}  // namespace

void check_apart(const fs::path& output, std::span<const std::string> inputs) {
  if (output.empty()) return;
  std::error_code error;
  const fs::path out = real_path(output, error);
  if (error) return;  // then making it says what is wrong
  for (const std::string& input : inputs) {
    if (input.empty() || !fs::exists(input, error)) continue;
    const fs::path in = real_path(input, error);
    const std::string found = error ? "" : relation(out, in, input);
    if (found.empty()) continue;
    throw Error(ErrorKind::kUsage, "output " + quote_path(output) + found +
                                       ", and inputs are never changed: choose another name");
  }
}

void check_distinct(std::span<const std::string> outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t j = 0; j < outputs.size(); ++j) {
      if (i == j || outputs[i].empty() || outputs[j].empty()) continue;
      std::error_code error;
      const fs::path one = real_path(outputs[i], error), other = real_path(outputs[j], error);
      if (error || !lies_in(one, other)) continue;  // a wrong path is told where it is made
      throw Error(ErrorKind::kUsage,
                  "output " + quote_path(outputs[i]) +
                      (one == other ? " is asked for twice"
                                    : " lies in the output " + quote_path(outputs[j]) +
                                          ", which is written as a whole") +
                      ": choose another name");
    }
  }
}

OutputClaim::OutputClaim(const fs::path& output) {
  if (output.empty()) return;
  // Not the lock of the directory that is written in the end, which is taken meanwhile.
  lock_ = std::make_unique<PathLock>(lock_file_of(output, ".finemix-run"), output);
}
OutputClaim::OutputClaim(OutputClaim&&) noexcept = default;
OutputClaim::~OutputClaim() = default;

}  // namespace finemix
