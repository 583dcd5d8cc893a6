#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "finemix/model/state_dict.h"
#include "finemix/model/stored_model.h"
#include "finemix/record/records.h"

namespace finemix {

// How two models become one, where δ = w_B − w_Pre of the suspect's and the pre-trained weights and
// ρ is the reserve ratio. A weight is either the suspect's or the pre-trained one:
//   kRandom      round(ρ·d) of all d weights are the suspect's, drawn at random (Fine-mixing, Zhang
//                et al., Findings of EMNLP 2022);
//   kSmallDelta  the same number, those with the smallest |δ|;
//   kLargeDelta  those with the largest;
//   kTrimmed     in every tensor of n weights the ⌊ρ·n⌋, at least one, with the largest |δ|: what
//                TIES-Merging (Yadav et al., NeurIPS 2023) is with one model;
// or it is new:
//   kRescaled    w_Pre + m ⊙ δ / ρ with kRandom's m (DARE, Yu et al., ICML 2024);
//   kAverage     ρ·w_B + (1 − ρ)·w_Pre (WAG, Arora et al., Findings of ACL 2024).
enum class Select { kRandom, kSmallDelta, kLargeDelta, kTrimmed, kRescaled, kAverage };

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

// Mixes the backbone; tensors that `pretrained` lacks and those outside the backbone are kept from
// `backdoored`. ρ = 0 gives the pre-trained weights and ρ = 1 the suspect's, bit by bit. A random
// mask is a pure function of (seed, tensor name, element). What is recorded as kept are the weights
// that the suspect has a part in. Throws kUsage when ρ is not in [0, 1], kMismatch when shapes
// differ.
MixResult mix(const StateDict& pretrained, const StateDict& backdoored, const MixOptions& options);

// The same mix of two models that stay in their files: it finds out what is kept, and then makes
// any piece of the result. Both models must outlive it, and have the same shapes
// (check_same_shapes).
class StoredMix {
 public:
  // The result's tensors are of the suspect's types. Throws what mix() and StoredModel::read throw;
  // kInterrupted and kTerminated as throw_if_stopped.
  StoredMix(const StoredModel& pretrained, const StoredModel& backdoored,
            const MixOptions& options);
  ~StoredMix();

  // As StreamedModel::fill: the elements of `name` from `begin`, a multiple of kStreamedElements.
  // Each piece is to be made once.
  void fill(std::string_view name, std::uint64_t begin, std::span<std::byte> out,
            std::size_t worker);
  // As StreamedModel::announce.
  void announce(std::string_view name, std::uint64_t begin, std::uint64_t elements) const;
  // Counts what every tensor keeps, where no result is wanted.
  void count();
  // What each tensor keeps is known after count(), or when all pieces are made.
  MixRecord record() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace finemix
