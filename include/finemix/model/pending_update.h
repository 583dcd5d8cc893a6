#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace finemix {

// An optimizer's update that is put off until the next pass, to be done beside its matrix products.
// An update waits for memory, of which one core alone often gets nearly all that there is; a
// product waits for the core. Then side by side they take less time than one after the other on all
// cores.
//
// It goes over elements [0, n) from the first on, piece by piece. Whoever reads what it changes, or
// changes what it reads, settles it first, between parallel loops.
class PendingUpdate {
 public:
  // Updates elements [begin, end), whichever thread calls it.
  using Body = std::function<void(std::int64_t begin, std::int64_t end)>;

  // Settles what there is, and puts off `body`.
  void put_off(std::int64_t elements, Body body);
  // Does the next piece on this thread; false: none is left. Any number of threads may at a time.
  bool do_next();
  // The elements before `end`, or all of them, are updated when this returns.
  void settle(std::int64_t end);
  void settle() { settle(elements_); }

 private:
  void do_piece(std::int64_t piece) const;

  std::int64_t elements_ = 0;
  std::int64_t pieces_ = 0;
  std::atomic<std::int64_t> next_ = 0;  // piece; may be past the last
  Body body_;
};

}  // namespace finemix
