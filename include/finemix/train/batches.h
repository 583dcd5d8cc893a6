#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/model/batch.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// The rows of each batch of one epoch: shuffled by (seed, epoch), then texts of like length put
// together within groups of some batches, so that threads have like work, and the batches shuffled again.
std::vector<std::vector<std::size_t>> shuffled_batches(std::span<const Encoding> encodings,
                                                       std::size_t batch_size, std::uint64_t seed,
                                                       std::uint64_t epoch);

PackedBatch pack_rows(std::span<const Encoding> encodings, std::span<const std::size_t> rows,
                      c10::Device device);

}  // namespace finemix
