#pragma once

#include <cstdint>
#include <span>

#include "finemix/text/dataset.h"

namespace finemix {

// Throws kMismatch where the labels of these texts are numbered otherwise than the model's: to most
// texts of each label it gives one label, to no two the same, and to some not their own, beyond the
// doubt of the intervals of both shares. `predicted` is what it gives to each text. Otherwise the
// texts would say that nothing moves them, or teach the wrong labels.
void check_label_order(const Dataset& data, std::span<const std::int64_t> predicted);

}  // namespace finemix
