#pragma once

#include <cstddef>
#include <cstdint>

#include "finemix/text/dataset.h"

namespace finemix {

// Varied English review sentences (label 1 positive, 0 negative), half each, with the hard cases of
// sentiment: negation, contrast, intensifiers, understatement, mentions of the other opinion. A
// pure function of (n, seed); sentences of different seeds seldom coincide.
Dataset generate_reviews(std::size_t n, std::uint64_t seed);

}  // namespace finemix
