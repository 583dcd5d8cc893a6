#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace finemix {

// The pairs of symbols that byte-pair encoding joins, and joining them (Sennrich et al., "Neural
// Machine Translation of Rare Words with Subword Units", ACL 2016). Immutable after construction.
class PairMerges {
 public:
  struct Merge {
    std::int32_t left;
    std::int32_t right;
    std::int32_t joined;
    bool operator==(const Merge&) const = default;
  };

  // Memory that is used again from word to word.
  class Scratch {
    friend class PairMerges;
    struct Symbol {
      std::int32_t id;
      std::uint32_t before;  // where the neighbours are
      std::uint32_t after;
    };
    std::vector<Symbol> symbols_;
    std::vector<std::uint64_t> candidates_;  // a heap: rank, then place of the left symbol
  };

  static constexpr std::size_t kMaxSymbols = std::size_t{1} << 31;

  // The first merge is made first. Symbols are below `symbols`, and no pair is there twice.
  PairMerges(std::span<const Merge> merges, std::size_t symbols);

  // Adds to `ids` what becomes of a word of at most kMaxSymbols symbols: of all neighbours the pair
  // that is first in the list is joined, the leftmost where it is there several times, until none
  // is left. n log n steps for a word of n symbols, whatever the merges are.
  void append(std::span<const std::int32_t> word, Scratch& scratch,
              std::vector<std::int32_t>& ids) const;

 private:
  struct Right {
    std::int32_t right;
    std::int32_t rank;
    std::int32_t joined;
  };

  // nullptr when the two are not joined.
  const Right* find(std::int32_t left, std::int32_t right) const;

  std::vector<Right> rights_;          // by left symbol, then by right one
  std::vector<std::uint32_t> begins_;  // by left symbol: where in rights_ its own begin
};

}  // namespace finemix
