#pragma once

#include <cstddef>
#include <string_view>

namespace finemix {

// How a long stage tells whoever started it where it stands. The library never prints: the command
// line draws bars, tests pass the default, which is silent.
class Progress {
 public:
  virtual ~Progress() = default;
  // A stage of `total` units ("examples", "steps", "bytes") begins. Stages do not nest.
  virtual void begin(std::string_view /*stage*/, std::size_t /*total*/, std::string_view /*unit*/) {
  }
  virtual void advance(std::size_t /*units*/) {}
  // A short remark beside the bar, e.g. "loss 0.31".
  virtual void note(std::string_view /*text*/) {}
  // How many seconds the rest of the stage will take, where its units differ too much in cost to be
  // counted.
  virtual void time_left(double /*seconds*/) {}
  virtual void end() {}
  // A line for the log, e.g. a warning that a person should see.
  virtual void message(std::string_view /*text*/) {}
};

// The silent one.
Progress& no_progress();

}  // namespace finemix
