#include "finemix/io/manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
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
constexpr std::size_t kShown = 40;  // bytes of what is no manifest, in a message
constexpr std::uint64_t kMostManifestBytes = 4u << 20;

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

struct Listed {
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct Manifest {
  Json made;  // null where it is not told
  std::map<std::string, Listed> files;
};

// With a hash of its own, since its text says more than can be found out from the files.
std::string manifest_text(const Manifest& manifest) {
  Json list = Json::array();
  for (const auto& [path, file] : manifest.files) {
    list.push_back({{"path", path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  Json json = {{"schema", kSchema}};
  if (!manifest.made.is_null()) json["made"] = manifest.made;
  json["files"] = std::move(list);
  json["sha256"] = sha256(json_text(json));
  return json_text(json);
}

// Throws kMalformed unless the manifest in `directory` is, to the byte, one that finemix wrote.
Manifest read_manifest(const fs::path& directory) {
  const fs::path path = directory / kManifestName;
  const auto refuse = [&](const std::string& found) {
    throw Error(ErrorKind::kMalformed, quote_path(path) +
                                           " is no manifest that finemix wrote, or was changed "
                                           "since: " +
                                           found);
  };
  const std::string text = read_text_file(path, kMostManifestBytes);
  Manifest manifest;
  try {
    const Json json = parse_json(text, path.native());
    if (json.contains("made")) manifest.made = json.at("made");
    for (const Json& file : json.at("files")) {
      manifest.files[file.at("path").get<std::string>()] = {file.at("bytes").get<std::uint64_t>(),
                                                            file.at("sha256").get<std::string>()};
    }
  } catch (const Json::exception&) {
    refuse("a field is missing or of another type, expected path, bytes and sha256 of each file");
  }
  const std::string expected = manifest_text(manifest);
  const auto differ = std::mismatch(text.begin(), text.end(), expected.begin(), expected.end());
  if (differ.first != text.end() || differ.second != expected.end()) {
    const auto at = static_cast<std::size_t>(differ.first - text.begin());
    refuse("from byte " + std::to_string(at) + " on there is " + quote(text.substr(at, kShown)) +
           ", expected " + quote(expected.substr(at, kShown)));
  }
  return manifest;
}

// "" when the file, which is there, is as listed.
std::string problem_of(const fs::path& path, const Listed& listed) {
  try {
    const InputFile file(path, Links::kRefuse);
    if (file.size() != listed.bytes) {
      return "has " + std::to_string(file.size()) + " bytes, expected " +
             std::to_string(listed.bytes);
    }
    return hash_of(file) == listed.sha256 ? "" : "has other bytes than when it was written";
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kFile && error.kind() != ErrorKind::kMalformed) throw;
    return std::string("can't be read: ") + error.what();
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
  write_manifest(directory, nullptr, known);
}

void write_manifest(const fs::path& directory, Json made,
                    const std::map<std::string, std::string>& known) {
  Manifest manifest{std::move(made), {}};
  for (const fs::path& name : files_below(directory)) {
    const InputFile file(directory / name, Links::kRefuse);
    const auto hash = known.find(name.generic_string());
    manifest.files[name.generic_string()] = {file.size(),
                                             hash == known.end() ? hash_of(file) : hash->second};
  }
  std::error_code none;  // to be replaced
  fs::remove(directory / kManifestName, none);
  const std::string text = manifest_text(manifest);
  OutputFile file(directory / kManifestName);
  file.write(std::as_bytes(std::span(text)));
  file.sync();
  file.keep();
}

Verification verify_manifest(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(directory / kManifestName, error))) {
    throw Error(ErrorKind::kFile, quote_path(directory) + " has no " + kManifestName +
                                      ", expected a directory that finemix wrote");
  }
  const Manifest manifest = read_manifest(directory);
  std::set<std::string> there;
  for (const fs::path& name : files_below(directory)) there.insert(name.generic_string());
  Verification result;
  result.directory = directory.native();
  if (manifest.made.contains("command") && manifest.made["command"].is_string()) {
    result.command = manifest.made["command"];
  }
  for (const auto& [path, file] : manifest.files) {
    ++result.files;
    result.bytes += file.bytes;
    // Only what the directory holds is opened: a manifest may be a stranger's.
    std::string what = there.erase(path) == 1 ? problem_of(directory / path, file) : "is missing";
    if (!what.empty()) result.problems.push_back({path, std::move(what)});
  }
  for (const std::string& path : there) {
    result.problems.push_back({path, "was not written by finemix"});
  }
  return result;
}

std::optional<fs::path> file_not_in_manifest(const fs::path& directory) {
  std::map<std::string, Listed> listed;
  std::error_code error;
  const fs::file_type manifest = fs::symlink_status(directory / kManifestName, error).type();
  if (manifest != fs::file_type::not_found) {
    if (manifest != fs::file_type::regular) return kManifestName;
    try {
      listed = read_manifest(directory).files;
    } catch (const Error& problem) {
      if (problem.kind() != ErrorKind::kMalformed) throw;
      return kManifestName;
    }
    listed[kManifestName];
  }
  std::optional<fs::path> foreign;
  walk(directory, [&](fs::path name) {
    if (!listed.contains(name.generic_string())) foreign = std::move(name);
    return !foreign;
  });
  return foreign;
}

}  // namespace finemix
