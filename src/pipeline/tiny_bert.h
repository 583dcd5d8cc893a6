#pragma once

#include <cstdint>
#include <filesystem>

#include "finemix/core/progress.h"
#include "finemix/text/dataset.h"

namespace finemix {

// Writes a small BERT (2 layers, 64 wide) into the existing directory `directory`: its vocabulary
// is the words of `texts` and the trigger words of the reference attacks, and it is pre-trained to
// tell texts from the same words in another order. For machines that have no pre-trained weights at
// hand.
void write_tiny_bert(const std::filesystem::path& directory, const Dataset& texts,
                     std::uint64_t seed, Progress& progress);

}  // namespace finemix
