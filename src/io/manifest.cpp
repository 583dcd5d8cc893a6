#include "finemix/io/manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/stop.h"
#include "finemix/io/bytes.h"
#include "finemix/io/json.h"
#include "finemix/io/sha256.h"
#include "io/output_file.h"
#include "io/posix.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifestName = "manifest.json";
constexpr std::string_view kSchema = "finemix.manifest/1";
constexpr std::size_t kChunkBytes = 1 << 20;

std::string hash_of(const InputFile& file) {
  Sha256 hash;
  std::vector<std::byte> chunk(std::min<std::uint64_t>(file.size(), kChunkBytes));
  for (std::uint64_t offset = 0; offset < file.size(); offset += chunk.size()) {
    throw_if_stopped();
    const std::span part =
        std::span(chunk).first(std::min<std::uint64_t>(chunk.size(), file.size() - offset));
    file.read(offset, part);
    hash.update(part);
  }
  return hash.finish();
}

// Calls `visit` with the path of each file below `directory`, from there, until it returns false.
template <typename Visit>
void walk(const fs::path& directory, const Visit& visit) {
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    throw_if_stopped();
    if (entry->symlink_status(error).type() == fs::file_type::directory) continue;
    if (!visit(entry->path().lexically_relative(directory))) return;
  }
  if (error) throw_errno("read", directory, error.value());
}

// Every file below `directory` but the manifest, sorted by name.
std::vector<fs::path> files_below(const fs::path& directory) {
  std::vector<fs::path> files;
  walk(directory, [&](fs::path name) {
    files.push_back(std::move(name));
    return true;
  });
  std::erase(files, fs::path(kManifestName));
  std::sort(files.begin(), files.end());
  return files;
}

// The paths that the manifest in `directory` lists; false when that is none of finemix's.
bool read_listed(const fs::path& directory, std::set<std::string>& listed) {
  constexpr std::uint64_t kMostBytes = 64u << 20;
  try {
    const Json manifest = read_json_file(directory / kManifestName, kMostBytes);
    if (manifest.at("schema") != kSchema) return false;
    for (const Json& file : manifest.at("files")) listed.insert(file.at("path").get<std::string>());
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kMalformed) throw;
    return false;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(bytes)));
  return hash.finish();
}

std::string sha256_file(const fs::path& path) { return hash_of(InputFile(path)); }

std::string sha256_files(const fs::path& directory, std::span<const fs::path> files) {
  std::map<std::string, std::string> hashes;
  for (const fs::path& file : files) {
    hashes[file.lexically_relative(directory).generic_string()] = sha256_file(file);
  }
  std::string lines;
  for (const auto& [name, hash] : hashes) lines += hash + "  " + name + "\n";
  return sha256(lines);
}

void write_manifest(const fs::path& directory, const std::map<std::string, std::string>& known) {
  Json files = Json::array();
  for (const fs::path& name : files_below(directory)) {
    const InputFile file(directory / name, Links::kRefuse);
    const auto hash = known.find(name.generic_string());
    files.push_back({{"path", name.generic_string()},
                     {"bytes", file.size()},
                     {"sha256", hash == known.end() ? hash_of(file) : hash->second}});
  }
  const Json manifest = {{"schema", kSchema}, {"files", std::move(files)}};
  std::error_code none;  // to be replaced
  fs::remove(directory / kManifestName, none);
  const std::string text = json_text(manifest);
  OutputFile file(directory / kManifestName);
  file.write(std::as_bytes(std::span(text)));
  file.sync();
  file.keep();
}

std::optional<fs::path> file_not_in_manifest(const fs::path& directory) {
  std::set<std::string> listed;
  std::error_code error;
  const fs::file_type manifest = fs::symlink_status(directory / kManifestName, error).type();
  if (manifest != fs::file_type::not_found) {
    if (manifest != fs::file_type::regular || !read_listed(directory, listed)) return kManifestName;
    listed.emplace(kManifestName);
  }
  std::optional<fs::path> foreign;
  walk(directory, [&](fs::path name) {
    if (!listed.contains(name.generic_string())) foreign = std::move(name);
    return !foreign;
  });
  return foreign;
}

}  // namespace finemix
