#pragma once

#include <string>
#include <vector>

#include "finemix/pipeline/sweep.h"
#include "option_table.h"

namespace finemix {

// The axes of a grid. An item of a list is a name, or in a config file also an object with the keys
// of what it sets: a method those of `purify`, an attack those of `attack`, each with a "name".

void bind_tasks(OptionTable& table, std::vector<SweepTask>* tasks);
void bind_attacks(OptionTable& table, std::vector<SweepAttack>* attacks);
void bind_grid(OptionTable& table, GridOptions* grid);
void bind_shard(OptionTable& table, Shard* shard);

// A mitigation with its own defaults. Throws kUsage on a name that there is not.
SweepMethod method_named(const std::string& name);

}  // namespace finemix
