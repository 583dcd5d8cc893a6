#pragma once

#include <cstdint>

namespace finemix {

// Lowers the number of threads until streaming a model with them, and `more` bytes besides, stay
// within `limit` bytes of this process's memory; 0 is no limit. Throws kUsage, saying how much is
// needed, when even one thread is too many.
void keep_streaming_within(std::uint64_t limit, std::uint64_t more);

}  // namespace finemix
