#pragma once

#include <cstddef>

namespace finemix {

// Asks the system to back this memory with large pages, before it is touched, as it will be on end:
// fewer faults, and fewer addresses to look up. Does nothing to small blocks, or where the system
// has none to give.
void prefer_large_pages(void* data, std::size_t bytes);

}  // namespace finemix
