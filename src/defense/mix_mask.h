#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "defense/blend.h"
#include "defense/mask.h"
#include "finemix/defense/mix.h"

// What a mix in memory and one from file to file have in common.

namespace finemix {

void check_rho(double rho);  // throws kUsage unless it is in [0, 1]

// The mask for these tensors, nullptr for a mix without one, and in `record` all but what a mask
// keeps of each tensor. `keys` is called for masks that need them only.
std::unique_ptr<Mask> make_mask(std::span<const MaskedTensor> tensors, const MixOptions& options,
                                const SelectedMask::Keys& keys, MixRecord& record);

// Whether the mix has values of neither model.
bool makes_values(const MixOptions& options);

// A stretch of the mix in fp32, by `bits` of the mask where there is one.
void mix_values(const MixOptions& options, std::span<const std::uint32_t> bits,
                const float* pretrained, const float* backdoored, std::span<float> mixed,
                Store store);

}  // namespace finemix
