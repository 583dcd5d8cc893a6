#pragma once

#include <cstddef>

namespace finemix {

// Asks the system to back this memory with large pages, for memory that will be touched from end to
// end, before it is: fewer faults, and fewer addresses to look up. Does nothing to small blocks, or
// where the system has none to give.
void prefer_large_pages(void* data, std::size_t bytes);

}  // namespace finemix
