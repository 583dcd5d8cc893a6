#pragma once

#include <string>
#include <vector>

#include "finemix/model/stored_model.h"

namespace finemix {

// How near a suspect's tensor is to the one of its base.
struct TensorLineage {
  std::string name;  // in the suspect's files
  double cosine = 0;
  double distance = 0;  // of the two, over the length of the base's
};

struct Lineage {
  std::vector<TensorLineage> matrices;  // of the layers, by their names in the layout
  double cosine = 1;                    // the median; 1 where there are none to compare
};

// Compares the weight matrices of the layers by a stretch of each, so that it costs a few reads:
// fine-tuning leaves their cosine near 1, and two models trained from different starts have one
// near 0. Both must be of the same shapes.
Lineage lineage(const StoredModel& pretrained, const StoredModel& backdoored);

// Why the suspect can't have been fine-tuned from this base, with the evidence; "" where it can.
std::string lineage_problem(const StoredModel& pretrained, const StoredModel& backdoored);

}  // namespace finemix
