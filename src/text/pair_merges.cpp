#include "text/pair_merges.h"

#include <algorithm>
#include <functional>

namespace finemix {
namespace {

constexpr std::uint32_t kNowhere = 0xFFFFFFFF;
constexpr std::int32_t kJoined = -1;  // the id of a symbol that is part of the one before it

std::uint64_t candidate(std::int32_t rank, std::uint32_t place) {
  return static_cast<std::uint64_t>(rank) << 32 | place;
}

}  // namespace

PairMerges::PairMerges(std::span<const Merge> merges, std::size_t symbols)
    : rights_(merges.size()), begins_(symbols + 1) {
  for (const Merge& merge : merges) ++begins_[static_cast<std::size_t>(merge.left) + 1];
  for (std::size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
  std::vector<std::uint32_t> ends = begins_;
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const Merge& merge = merges[rank];
    rights_[ends[static_cast<std::size_t>(merge.left)]++] = {
        merge.right, static_cast<std::int32_t>(rank), merge.joined};
  }
  for (std::size_t left = 0; left < symbols; ++left) {
    std::sort(rights_.begin() + begins_[left], rights_.begin() + begins_[left + 1],
              [](const Right& one, const Right& other) { return one.right < other.right; });
  }
}

const PairMerges::Right* PairMerges::find(std::int32_t left, std::int32_t right) const {
  const Right* first = rights_.data() + begins_[static_cast<std::size_t>(left)];
  const Right* const last = rights_.data() + begins_[static_cast<std::size_t>(left) + 1];
  first = std::partition_point(first, last, [&](const Right& r) { return r.right < right; });
  return first != last && first->right == right ? first : nullptr;
}

void PairMerges::append(std::span<const std::int32_t> word, Scratch& scratch,
                        std::vector<std::int32_t>& ids) const {
  auto& symbols = scratch.symbols_;
  auto& candidates = scratch.candidates_;
  symbols.clear();
  candidates.clear();
  const auto size = static_cast<std::uint32_t>(word.size());
  for (std::uint32_t i = 0; i < size; ++i) {
    symbols.push_back({word[i], i - 1, i + 1 < size ? i + 1 : kNowhere});
    if (i + 1 == size) break;
    if (const Right* merge = find(word[i], word[i + 1])) {
      candidates.push_back(candidate(merge->rank, i));
    }
  }
  const auto last_first = std::greater<>();
  std::ranges::make_heap(candidates, last_first);
  const auto consider = [&](std::uint32_t place) {
    const Scratch::Symbol& symbol = symbols[place];
    if (symbol.after == kNowhere) return;
    if (const Right* merge = find(symbol.id, symbols[symbol.after].id)) {
      candidates.push_back(candidate(merge->rank, place));
      std::ranges::push_heap(candidates, last_first);
    }
  };
  while (!candidates.empty()) {
    const std::uint64_t best = candidates.front();
    std::ranges::pop_heap(candidates, last_first);
    candidates.pop_back();
    const auto place = static_cast<std::uint32_t>(best);
    Scratch::Symbol& left = symbols[place];
    if (left.id == kJoined || left.after == kNowhere) continue;
    Scratch::Symbol& right = symbols[left.after];
    // Its neighbour may be another one by now than when it was found.
    const Right* merge = find(left.id, right.id);
    if (merge == nullptr || candidate(merge->rank, place) != best) continue;
    left.id = merge->joined;
    right.id = kJoined;
    left.after = right.after;
    if (left.after != kNowhere) symbols[left.after].before = place;
    if (place > 0) consider(left.before);
    consider(place);
  }
  for (std::uint32_t place = 0; place < size; place = symbols[place].after) {
    ids.push_back(symbols[place].id);
  }
}

}  // namespace finemix
