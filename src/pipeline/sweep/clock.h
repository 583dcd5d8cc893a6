#pragma once

#include <cstddef>

namespace finemix {

// How long the rest of a grid will take. Units of work differ by far in cost, so what each is
// expected to cost (in tokens gone through, say) is weighed with what those done so far have taken.
class SweepClock {
 public:
  void expect(double cost) { left_ += cost; }
  // A unit that was expected to cost `cost` is done, in `seconds`.
  void done(double cost, double seconds) {
    left_ -= cost;
    done_ += cost;
    seconds_ += seconds;
  }

  // Seconds; negative while nothing is known.
  double time_left() const { return done_ > 0 ? left_ * seconds_ / done_ : -1; }

 private:
  double left_ = 0;
  double done_ = 0;
  double seconds_ = 0;
};

}  // namespace finemix
