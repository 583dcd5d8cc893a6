#pragma once

#include <filesystem>
#include <string>

namespace finemix {

// Where the snapshot of `id` ("org/name" or "name") lies in the local cache of the Hugging Face
// hub: models--org--name/snapshots/<revision that refs/main names>. Throws kFile when it is not
// there, or `id` is none.
std::filesystem::path find_in_hub_cache(const std::string& id);

// Whether `file` is a link as the cache's snapshots hold them: to a file directly in the blobs
// directory of the same model.
bool is_hub_blob_link(const std::filesystem::path& file);

}  // namespace finemix
