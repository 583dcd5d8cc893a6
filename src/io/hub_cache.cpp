#include "io/hub_cache.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "io/posix.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxRevisionBytes = 256;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path cache_root() {
  if (const std::string root = environment("HF_HUB_CACHE"); !root.empty()) return root;
  if (const std::string home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  return fs::path(environment("HOME")) / ".cache" / "huggingface" / "hub";
}

// One part of an id or a revision: what can be a directory's name, and no way out of it.
bool is_plain_part(std::string_view part) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return !part.empty() && part.front() != '.' &&
         part.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_id(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_plain_part(text);
  return is_plain_part(text.substr(0, slash)) && is_plain_part(text.substr(slash + 1));
}

[[noreturn]] void not_found(const std::string& id, const std::string& why) {
  throw Error(ErrorKind::kFile, quote(id) + " is no directory, and " + why);
}

// Nothing when it is no link, or one that leads nowhere.
std::optional<fs::path> target_of_link(const fs::path& file) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(file, error))) return std::nullopt;
  fs::path target = fs::canonical(file, error);
  if (error) return std::nullopt;
  return target;
}

}  // namespace

fs::path find_in_hub_cache(const std::string& id) {
  if (!is_id(id)) not_found(id, "no model id (org/name) either: check the path");
  std::string folder = "models--" + id;
  if (const std::size_t slash = folder.find('/'); slash != std::string::npos) {
    folder.replace(slash, 1, "--");
  }
  const fs::path model = cache_root() / folder;
  const fs::path reference = model / "refs" / "main";
  std::error_code error;
  if (!fs::exists(reference, error)) {
    not_found(id, "as a model id it is not in the local hub cache (" + quote_path(model) +
                      " is missing or has no refs/main): finemix never downloads; check the path, "
                      "or fetch it with: hf download " +
                      id);
  }
  std::string revision = read_text_file(reference, kMaxRevisionBytes);
  while (revision.ends_with('\n')) revision.pop_back();
  if (!is_plain_part(revision)) {
    throw Error(ErrorKind::kMalformed, quote_path(reference) + " holds " + quote(revision) +
                                           ", expected the name of a snapshot: fetch it again");
  }
  const fs::path snapshot = model / "snapshots" / revision;
  if (!fs::is_directory(snapshot, error)) {
    not_found(id, "its snapshot " + quote_path(snapshot) +
                      " is missing: fetch it again with: hf download " + id);
  }
  return snapshot;
}

std::optional<fs::path> find_hub_blob(const fs::path& file) {
  std::optional<fs::path> target = target_of_link(file);
  if (!target) return std::nullopt;
  std::error_code error;
  const fs::path snapshot = fs::canonical(file.parent_path(), error);
  if (error || snapshot.parent_path().filename() != "snapshots") return std::nullopt;
  if (target->parent_path() != snapshot.parent_path().parent_path() / "blobs") return std::nullopt;
  return target;
}

std::optional<fs::path> find_its_like(const fs::path& file) {
  std::optional<fs::path> target = target_of_link(file);
  if (!target) return std::nullopt;
  const fs::path blobs = target->parent_path();
  const bool is_blob = blobs.filename() == "blobs" &&
                       blobs.parent_path().filename().native().starts_with("models--");
  return is_blob || target->filename() == file.filename() ? target : std::nullopt;
}

}  // namespace finemix
