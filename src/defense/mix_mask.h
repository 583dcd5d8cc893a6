#pragma once

#include <memory>
#include <span>

#include "defense/mask.h"
#include "finemix/defense/mix.h"

// What a mix in memory and one from file to file have in common.

namespace finemix {

void check_rho(double rho);  // throws kUsage unless it is in [0, 1]

// The mask for these tensors, and in `record` all but what each tensor keeps. `keys` is called for
// selected masks only.
std::unique_ptr<Mask> make_mask(std::span<const MaskedTensor> tensors, const MixOptions& options,
                                const SelectedMask::Keys& keys, MixRecord& record);

}  // namespace finemix
