#pragma once

#include <span>
#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

struct NamedSweep {
  std::string name;  // for messages: the file that it was read from
  SweepRecord sweep;
};

// One record of a grid that was run in pieces, in the grid's order: the same as of a grid that was
// run at once. Throws kMismatch, naming both, when they are of different versions or
// configurations, or say different things about one input, subject, cell or landscape.
SweepRecord merged(std::span<const NamedSweep> pieces);

}  // namespace finemix
