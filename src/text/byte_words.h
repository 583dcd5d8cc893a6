#pragma once

#include <cstddef>
#include <string_view>

namespace finemix {

// Bytes of the first word of `text` (not empty, well-formed UTF-8), as GPT-2's pattern has it:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// A text is its words one after the other; finding them all takes linear time.
std::size_t first_word_size(std::string_view text);

}  // namespace finemix
