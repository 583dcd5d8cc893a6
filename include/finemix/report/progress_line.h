#pragma once

#include <cstddef>
#include <string>

namespace finemix {

// Where a stage stands.
struct ProgressState {
  std::string stage;
  std::string unit;  // "steps", "bytes", …
  std::string note;
  std::size_t done = 0;
  std::size_t total = 0;  // 0: not known
  double seconds = 0;     // since the stage began
  double left = -1;       // seconds, as the stage says; negative: as its units let expect
};

// A bar with share, rate and time left, at most `width` columns wide; for a terminal.
std::string progress_bar(const ProgressState& state, std::size_t width);

// The same as a line of a log: "train: 400 of 2,000 steps, 12.3 steps/s, 1:20 left, loss 0.31".
std::string progress_log(const ProgressState& state);

// The line that a finished stage leaves: "train: 2,000 steps in 2:31, loss 0.31".
std::string progress_end(const ProgressState& state);

}  // namespace finemix
