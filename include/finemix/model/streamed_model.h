#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "finemix/model/state_dict.h"
#include "finemix/model/stored_model.h"

namespace finemix {

// A checkpoint to be written that looks like `like`: its shards, its tokenizer files, and each of
// its tensors in `stored`.
struct StreamedModel {
  const StoredModel& like;
  std::string config_text;
  DType stored = DType::kF32;
  StateDict replaced;  // written instead of like's tensors of these names, or besides them
  // Makes `out`, the elements of `name` from `begin`, as `stored`. Asked for the tensors of like's
  // that are not replaced, by several threads: `worker` is below streaming_workers().
  std::function<void(std::string_view name, std::uint64_t begin, std::span<std::byte> out,
                     std::size_t worker)>
      fill;
  // May be empty: told a while before fill is asked for a piece, so that its files are read ahead.
  std::function<void(std::string_view name, std::uint64_t begin, std::uint64_t elements)> announce;

  // Bytes that it takes on disk, about.
  std::uint64_t bytes() const;
};

// Elements that StreamedModel::fill is asked for at most, and threads it is called from: both
// bound the memory that streaming takes.
inline constexpr std::size_t kStreamedElements = 1 << 18;
inline constexpr std::size_t kStreamedPieces = 8;  // that are alive at a time
// What that is at most, of the widest type: the pieces, and what making one takes a thread, which
// reads two and turns them into values, keys and a mask.
inline constexpr std::uint64_t kStreamedBytes = kStreamedPieces * kStreamedElements * 8;
inline constexpr std::uint64_t kStreamedBytesAThread = kStreamedElements * (3 * 8 + 5 * 4);
std::size_t streaming_workers();

// Writes it into an existing directory, from front to back, over all cores, without ever holding
// more than a few pieces. Gives the SHA-256 of each weight file by name. Throws kFile; kMalformed
// when a shard has a name that belongs to another kind of file.
std::map<std::string, std::string> write_streamed(const StreamedModel& model,
                                                  const std::filesystem::path& directory);

}  // namespace finemix
