#pragma once

#include <cstdint>
#include <span>

#include "finemix/text/dataset.h"

namespace finemix {

// Throws kMismatch where the labels of these texts are the model's in another order: to most texts
// of each label it gives one label, each another one, and not their own. `predicted` is what it
// gives to each. Otherwise the texts would say that nothing moves them, or teach the wrong labels.
void check_label_order(const Dataset& data, std::span<const std::int64_t> predicted);

}  // namespace finemix
