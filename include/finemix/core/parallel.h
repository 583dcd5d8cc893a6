#pragma once

#include <cstddef>
#include <functional>

namespace finemix {

// Threads that finemix's own loops use; 0 restores the default (the cores this process may run on).
void set_thread_count(int threads);
int thread_count();

// Calls body(begin, end) on disjoint ranges that cover [0, n), none smaller than `grain` but the
// last. The first exception of any range is rethrown on the caller's thread.
void parallel_for(std::size_t n, std::size_t grain,
                  const std::function<void(std::size_t begin, std::size_t end)>& body);

}  // namespace finemix
