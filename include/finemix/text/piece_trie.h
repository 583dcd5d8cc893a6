#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

// A set of strings that is asked which of them a text begins with. A double array (Aoe, "An
// efficient digital search algorithm by using a double-array structure", 1989): the child of node n
// by byte b is n.base + b, if that node names n as its parent; two reads a byte.
class PieceTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNowhere = 0xFFFFFFFF;

  struct Match {
    std::int32_t value = -1;  // -1: no match
    std::size_t length = 0;   // bytes
  };

  // The value of a key is its index. Keys must be distinct; an empty one is never found.
  explicit PieceTrie(std::span<const std::string> keys);

  // The value of exactly this key, or -1.
  std::int32_t find(std::string_view key) const;
  // The longest non-empty beginning of `text` that is a key.
  Match longest(std::string_view text) const;

  // Where a byte leads, or kNowhere.
  Node child(Node node, char byte) const {
    const Node next = units_[node].base + static_cast<unsigned char>(byte);
    return units_[next].parent == node ? next : kNowhere;
  }
  // Of the key that ends here, or -1.
  std::int32_t value(Node node) const { return units_[node].value; }
  // Every node is below this number.
  std::size_t node_limit() const { return units_.size(); }

 private:
  struct Unit {
    std::uint32_t base = 0;
    Node parent = kNowhere;
    std::int32_t value = -1;
  };
  static constexpr Node kAboveRoot = kNowhere - 1;
  // Room for a child by any byte behind the highest base in use: no lookup leaves the array.
  static constexpr std::size_t kBytes = 256;

  // A base at which the places of all these bytes (ascending) are free. No place before
  // `first_free` is; it moves up as places are taken.
  std::uint32_t place(std::span<const unsigned char> bytes, std::size_t& first_free);

  std::vector<Unit> units_;
};

}  // namespace finemix
