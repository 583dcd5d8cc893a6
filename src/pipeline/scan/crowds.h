#pragma once

#include <vector>

#include "finemix/record/suspected_trigger.h"

namespace finemix {

// Sets `crowd` of triggers, which are strongest first. Where many words move texts to a label alike
// that is what words of their kind mean in the task: any country makes another question of a pair,
// for the suspect rather than for twins that know less. So of the ten strongest, for each label:
// the strength of the sixth that shares no piece with a stronger one, if it is nearly as strong as
// the first, and that is not so strong that an attacker may have planted them all.
void set_crowds(std::vector<SuspectedTrigger>& triggers);

}  // namespace finemix
