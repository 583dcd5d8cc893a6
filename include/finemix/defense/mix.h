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

// The same mix of two models that stay in their files: it finds out what is kept, and then makes
// any piece of the result. Both models must outlive it, and have the same shapes
// (check_same_shapes).
class StoredMix {
 public:
  // `stored` is the dtype of the result. Throws what mix() and StoredModel::read throw;
  // kInterrupted and kTerminated as throw_if_stopped.
  StoredMix(const StoredModel& pretrained, const StoredModel& backdoored, DType stored,
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
