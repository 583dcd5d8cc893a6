#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "finemix/core/random.h"

// Which weights a mix keeps. Weights are asked for by stretches of one tensor, in any order and
// from any thread; a stretch begins at a multiple of kMaskWordBits.

namespace finemix {

// A tensor that takes part in a mix. Ties go by the order of the tensors and of their elements.
struct MaskedTensor {
  std::string name;
  std::uint64_t elements = 0;
};

class Mask {
 public:
  virtual ~Mask() = default;

  // Whether bits() needs the keys of the elements (delta_keys).
  virtual bool needs_keys() const = 0;
  // Sets bit i of `mask` where element begin + i is kept, for `elements` of them; bits behind the
  // last are 0.
  virtual void bits(std::size_t tensor, std::uint64_t begin, std::size_t elements,
                    std::span<const std::uint32_t> keys, std::span<std::uint32_t> mask) const = 0;
};

// Exactly `keep` of all elements, every set of that size as likely as any other.
//
// Each element has a 16-bit random number, the one that Philox::bernoulli compares, in the stream
// of its tensor's name. The elements with the smallest numbers are kept; among those that share the
// limit, a further 64-bit number decides. The limit is close to keep/total · 2^16, so one pass
// counts what is below a narrow band around that and lists what is inside; only the list is ranked.
class RandomMask : public Mask {
 public:
  // Eight standard deviations: the limit is outside once in 10^15 masks.
  static constexpr double kBandDeviations = 8;

  // A limit outside the band of `band_deviations` is looked for in the bands beside it.
  RandomMask(std::span<const MaskedTensor> tensors, std::uint64_t keep, std::uint64_t seed,
             double band_deviations = kBandDeviations);

  bool needs_keys() const override { return false; }
  void bits(std::size_t tensor, std::uint64_t begin, std::size_t elements,
            std::span<const std::uint32_t> keys, std::span<std::uint32_t> mask) const override;

 private:
  struct Place {
    std::size_t tensor = 0;
    std::uint64_t element = 0;
    auto operator<=>(const Place&) const = default;
  };
  struct Candidate {
    Place place;
    std::uint16_t number = 0;
  };
  struct Band {
    std::uint32_t low = 0, high = 0;  // numbers from low to high - 1
    std::uint64_t below = 0;
    std::vector<Candidate> inside;
  };

  void find_limit(std::span<const MaskedTensor> tensors, std::uint64_t total, std::uint64_t keep,
                  std::uint64_t seed, double band_deviations);
  Band count(std::span<const MaskedTensor> tensors, std::uint32_t low, std::uint32_t high) const;
  void count_stretch(std::size_t tensor, std::uint64_t begin, std::size_t elements,
                     Band& band) const;

  std::vector<Philox> random_;  // of each tensor
  std::uint32_t limit_ = 0;     // numbers below it are kept
  std::vector<Place> ties_;     // kept besides, sorted: their number is limit_
};

// The `keep` elements whose key is smallest (or largest), ties to the first in order.
class SelectedMask : public Mask {
 public:
  // Fills the keys of the elements of `tensor` from `begin`; called from several threads.
  using Keys =
      std::function<void(std::size_t tensor, std::uint64_t begin, std::span<std::uint32_t> keys)>;

  SelectedMask(std::span<const MaskedTensor> tensors, std::uint64_t keep, bool largest,
               const Keys& keys);

  bool needs_keys() const override { return true; }
  void bits(std::size_t tensor, std::uint64_t begin, std::size_t elements,
            std::span<const std::uint32_t> keys, std::span<std::uint32_t> mask) const override;

 private:
  class Search;

  bool largest_;             // then everything below is of keys turned round, so smallest first
  std::uint32_t limit_ = 0;  // keys below it are kept, those equal to it as far as the cut
  std::size_t cut_tensor_ = 0;
  std::uint64_t cut_element_ = 0;
};

// Of each tensor of n elements the ⌊share · n⌋ whose key is largest; at least one unless `share` is 0.
class TrimmedMask : public Mask {
 public:
  TrimmedMask(std::span<const MaskedTensor> tensors, double share, const SelectedMask::Keys& keys);

  std::uint64_t kept() const { return kept_; }
  bool needs_keys() const override { return true; }
  void bits(std::size_t tensor, std::uint64_t begin, std::size_t elements,
            std::span<const std::uint32_t> keys, std::span<std::uint32_t> mask) const override;

 private:
  std::vector<SelectedMask> of_tensors_;
  std::uint64_t kept_ = 0;
};

// Calls body(tensor, begin, elements) for stretches that cover all tensors, over threads, each of
// `length` elements or the rest of its tensor.
void for_stretches(std::span<const MaskedTensor> tensors, std::size_t length,
                   const std::function<void(std::size_t, std::uint64_t, std::size_t)>& body);

}  // namespace finemix
