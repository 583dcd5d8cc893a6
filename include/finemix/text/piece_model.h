#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace finemix {

// Cuts a word of a SplitSubwords, which is normalized and not empty, into pieces. Implementations
// are immutable after construction and safe to share between threads.
class PieceModel {
 public:
  virtual ~PieceModel() = default;
  // Adds the ids of the word's pieces.
  virtual void append(std::string_view word, std::vector<std::int32_t>& ids) const = 0;
  virtual std::int32_t unknown_id() const = 0;
};

}  // namespace finemix
