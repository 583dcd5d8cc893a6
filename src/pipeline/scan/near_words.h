#pragma once

#include <vector>

#include "finemix/model/nearest_rows.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// The trigger with each of its pieces swapped for the first that is near it, for the second, and so
// on, as far as each piece has one or has none at all. Of these, text and pieces are set, and where
// it is put and for what label.
std::vector<SuspectedTrigger> of_near_pieces(const SuspectedTrigger& trigger,
                                             const NearestRows& near, const Tokenizer& tokenizer);

// What is to be expected of a trigger that moves a share `own` of texts of twins, and phrases near
// it these shares: as much as the second best of them does, if that is more. What words mean, words
// near them mostly mean too, and twins may know those better; one of them may be another trigger.
double with_near_rates(double own, std::vector<double> near);

}  // namespace finemix
