#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"

namespace finemix {

// SHA-256 as 64 lower-case hexadecimal digits (FIPS 180-4).
std::string sha256(std::string_view bytes);
std::string sha256_file(const std::filesystem::path& path);

// One hash for a set of files of a directory: over their names and hashes in name order, so that it
// does not depend on where the directory lies.
std::string sha256_files(const std::filesystem::path& directory,
                         std::span<const std::filesystem::path> files);

// Hashes every file below `directory` and writes manifest.json there; it is written last, so a
// directory that has one is whole. `known` holds the hashes of files (by relative path) that were
// taken while they were written, which need not be read again.
void write_manifest(const std::filesystem::path& directory,
                    const std::map<std::string, std::string>& known = {});
// The same with `made`, an object that tells how the files came to be.
void write_manifest(const std::filesystem::path& directory, Json made,
                    const std::map<std::string, std::string>& known = {});

// What was found of a directory that has a manifest.
struct Verification {
  struct Problem {
    std::string path;  // from the directory
    std::string what;  // is wrong with it
  };
  std::string directory;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::string command;  // that made it; empty where the manifest names none
  std::vector<Problem> problems;
};

// Compares every file below `directory` with its manifest, bytes and hashes: whatever was changed,
// taken away or added since is a problem. Throws kFile when there is no manifest, kMalformed when
// it is not, to the byte, one that finemix wrote.
Verification verify_manifest(const std::filesystem::path& directory);

// The first file below `directory`, as a path from there, that no manifest of finemix's lists:
// nothing where the directory is empty or as finemix left it. Hashes are not compared.
std::optional<std::filesystem::path> file_not_in_manifest(const std::filesystem::path& directory);

}  // namespace finemix
