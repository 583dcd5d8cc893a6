#pragma once

#include <cstddef>

#include "finemix/record/suspected_trigger.h"

namespace finemix {

// How strange it is that a phrase of `pieces` pieces moves the suspect by `moved` and its twins by
// `expected`, as a share of the texts or of the way; 0 … 1. `firmness` is how far the least moved
// tenth of the texts goes. The more pieces, the more phrases there are to choose the strongest
// from, and the firmer it has to be; at the start it counts a fifth less.
double phrase_strength(double moved, double expected, double firmness, TriggerPlace place,
                       std::size_t pieces);

}  // namespace finemix
