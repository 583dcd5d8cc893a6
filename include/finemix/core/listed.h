#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace finemix {

// "a, b, c and 4 more": the first `most` of the names, and how many there are beyond.
std::string listed(std::span<const std::string> names, std::size_t most);

}  // namespace finemix
