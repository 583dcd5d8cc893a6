#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "finemix/text/encoded_texts.h"

namespace finemix {

// The rows of each batch of one epoch: shuffled by (seed, epoch), then texts of like length put
// together within groups of some batches, so that threads have like work, and the batches shuffled
// again.
std::vector<std::vector<std::size_t>> shuffled_batches(const EncodedTexts& texts,
                                                       std::size_t batch_size, std::uint64_t seed,
                                                       std::uint64_t epoch);

}  // namespace finemix
