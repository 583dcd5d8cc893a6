#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace finemix {

// Where the snapshot of `id` ("org/name" or "name") lies in the local cache of the Hugging Face
// hub: models--org--name/snapshots/<revision that refs/main names>. Throws kFile when it is not
// there, or `id` is none.
std::filesystem::path find_in_hub_cache(const std::string& id);

// Where `file` leads when it is a link as the cache's snapshots hold them, to a file directly in
// the blobs directory of the same model; nothing for any other file.
std::optional<std::filesystem::path> find_hub_blob(const std::filesystem::path& file);

// Where `file` leads when it is a link to a file of its own name, or to a blob of any model of a
// hub cache, as older clients put them into directories of the user's; nothing for any other.
std::optional<std::filesystem::path> find_its_like(const std::filesystem::path& file);

}  // namespace finemix
