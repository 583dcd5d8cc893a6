#pragma once

#include <vector>

#include "defense/mask.h"
#include "finemix/defense/mix.h"

namespace finemix {

// The tensors that two state dicts both have, and room for what is made of them.
struct SharedTensors {
  struct Pair {
    const float* pretrained;
    const float* backdoored;
    float* mixed;
  };
  std::vector<MaskedTensor> tensors;
  std::vector<Pair> pairs;
};

// Puts all of `backdoored` into `result`: copies of what has no match in the backbone of
// `pretrained`, and for the rest tensors that are still to be written. Throws kMismatch when shapes
// differ.
SharedTensors find_shared(const StateDict& pretrained, const StateDict& backdoored,
                          MixResult& result);

// Writes the mix of all shared tensors, and into `record` what each keeps. `keys` is called where
// `mask`, which may be nullptr, needs any.
void write_mix(const SharedTensors& shared, const Mask* mask, const SelectedMask::Keys& keys,
               const MixOptions& options, MixRecord& record);

}  // namespace finemix
