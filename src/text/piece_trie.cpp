#include "finemix/text/piece_trie.h"

#include <algorithm>
#include <deque>
#include <numeric>

namespace finemix {
namespace {

// A node still to be given its children: those of the sorted keys that pass through it.
struct Task {
  PieceTrie::Node node;
  std::size_t first;
  std::size_t last;
  std::size_t depth;  // bytes of the keys that lead to the node
};

}  // namespace

PieceTrie::PieceTrie(std::span<const std::string> keys) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t i) { return keys[i].empty(); });
  std::ranges::sort(order, {}, [&](std::size_t i) -> const std::string& { return keys[i]; });

  units_.resize(2 * kBytes);
  units_[kRoot].parent = kAboveRoot;
  // Breadth first: the wide nodes near the root are placed while there is room, the many narrow
  // ones fill the gaps.
  std::deque<Task> tasks{{kRoot, 0, order.size(), 0}};
  std::vector<unsigned char> bytes;
  std::size_t first_free = kRoot + 1;
  for (; !tasks.empty(); tasks.pop_front()) {
    auto [node, first, last, depth] = tasks.front();
    // A key that ends here sorts before those that go on.
    if (first < last && keys[order[first]].size() == depth) {
      units_[node].value = static_cast<std::int32_t>(order[first++]);
    }
    if (first == last) continue;

    // `at`: clang before 16 captures no structured binding.
    const auto byte_of = [&keys, &order, at = depth](std::size_t i) {
      return static_cast<unsigned char>(keys[order[i]][at]);
    };
    bytes.clear();
    for (std::size_t i = first; i < last; ++i) {
      if (bytes.empty() || bytes.back() != byte_of(i)) bytes.push_back(byte_of(i));
    }
    units_[node].base = place(bytes, first_free);

    std::size_t begin = first;
    for (const unsigned char byte : bytes) {
      std::size_t end = begin;
      while (end < last && byte_of(end) == byte) ++end;
      const Node next = units_[node].base + byte;
      units_[next].parent = node;
      tasks.push_back({next, begin, end, depth + 1});
      begin = end;
    }
  }
  units_.shrink_to_fit();
}

std::uint32_t PieceTrie::place(std::span<const unsigned char> bytes, std::size_t& first_free) {
  // Gaps before a place that took so long to find are given up, which keeps building linear.
  constexpr std::size_t kPatience = 256;
  while (units_[first_free].parent != kNowhere) ++first_free;
  const std::size_t start = first_free > bytes.front() ? first_free - bytes.front() : 1;
  std::size_t base = start;
  const auto is_free = [&](unsigned char byte) { return units_[base + byte].parent == kNowhere; };
  while (!std::ranges::all_of(bytes, is_free)) {
    ++base;
    if (units_.size() < base + 2 * kBytes) units_.resize(2 * units_.size());
  }
  if (units_.size() < base + 2 * kBytes) units_.resize(2 * units_.size());
  if (base - start > kPatience) first_free = base;
  return static_cast<std::uint32_t>(base);
}

std::int32_t PieceTrie::find(std::string_view key) const {
  Node node = kRoot;
  for (const char byte : key) {
    node = child(node, byte);
    if (node == kNowhere) return -1;
  }
  return value(node);
}

PieceTrie::Match PieceTrie::longest(std::string_view text) const {
  Match match;
  Node node = kRoot;
  for (std::size_t length = 0; length < text.size();) {
    node = child(node, text[length++]);
    if (node == kNowhere) break;
    if (value(node) >= 0) match = {value(node), length};
  }
  return match;
}

}  // namespace finemix
