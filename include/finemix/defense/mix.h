#pragma once

#include <cstdint>
#include <string_view>

#include "finemix/model/state_dict.h"
#include "finemix/record/records.h"

namespace finemix {

enum class Select { kRandom, kSmallDelta, kLargeDelta };

Select parse_select(std::string_view name);  // throws kUsage
std::string_view select_name(Select select);

struct MixOptions {
  double rho = 0.4;  // reserve ratio: the share of the suspect's weights that is kept
  Select select = Select::kRandom;
  std::uint64_t seed = 0;
};

struct MixResult {
  StateDict weights;  // own storage
  MixRecord record;
};

// w_Mix = m ⊙ w_B + (1 − m) ⊙ w_Pre over the backbone, with exactly round(ρ·d) ones in m (Zhang et
// al., Findings of EMNLP 2022). A random m is a pure function of (seed, tensor name, element); a
// selected one keeps the smallest or largest |w_B − w_Pre|. Tensors that `pretrained` lacks and
// those outside the backbone are kept from `backdoored`. Throws kUsage when ρ is not in [0, 1],
// kMismatch when shapes differ.
MixResult mix(const StateDict& pretrained, const StateDict& backdoored, const MixOptions& options);

}  // namespace finemix
