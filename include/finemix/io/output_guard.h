#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace finemix {

// Throws kUsage when writing `output` would change one of these inputs: when it is one, holds one,
// or is a file in one. A new name in the directory of an input changes nothing. Empty paths are no
// inputs, nor are names of what does not exist.
void check_apart(const std::filesystem::path& output, std::span<const std::string> inputs);

// Throws kUsage when two of these outputs are one, or one of them lies in another, which is written
// as a whole. Empty paths are no outputs.
void check_distinct(std::span<const std::string> outputs);

class PathLock;

// Refuses a second run that is to write `output`, which may be empty, for as long as it lives.
class OutputClaim {
 public:
  // Throws kFile when another process has it.
  explicit OutputClaim(const std::filesystem::path& output);
  OutputClaim(OutputClaim&&) noexcept;
  ~OutputClaim();

 private:
  std::unique_ptr<PathLock> lock_;
};

}  // namespace finemix
