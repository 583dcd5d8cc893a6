#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace finemix {

// One item on its way: `slot` is its own until every consumer is done with it, `worker` is the
// thread's; buffers are indexed by them.
struct InOrderItem {
  std::size_t index = 0;
  std::size_t slot = 0;
  std::size_t worker = 0;
};

struct InOrderOptions {
  std::size_t items = 0;
  std::size_t slots = 1;    // items alive at a time
  std::size_t workers = 1;  // threads, the caller's among them
};

// Makes items 0 … items-1, several at once and in any order, and hands each to every consumer. A
// consumer sees the items in order, one at a time; consumers run beside each other. So a file can
// be made by all cores while it is hashed and written from front to back. The first exception of
// any part ends the others and is rethrown on the caller's thread.
void run_in_order(const InOrderOptions& options,
                  const std::function<void(const InOrderItem&)>& make,
                  const std::vector<std::function<void(const InOrderItem&)>>& consumers);

}  // namespace finemix
