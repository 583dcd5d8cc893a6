#pragma once

#include <functional>
#include <vector>

#include "finemix/core/progress.h"
#include "pipeline/sweep/plan.h"
#include "pipeline/sweep/store.h"
#include "pipeline/sweep/suspect.h"

namespace finemix {

// Makes, or finds, the model of these cells.
using MakeSuspect = std::function<Suspect(const PlannedSubject&)>;

// Runs what the store lacks of the shard's part, one suspect after the other, and writes
// results.json with all that there is of the grid, `record` being its head: also when it is
// interrupted. Throws kNumeric, at the end, when cells failed: the other records are there.
SweepRecord run_grid(SweepStore& store, const std::vector<PlannedSubject>& grid, const Shard& shard,
                     const SweepLandscape& landscape, const MakeSuspect& make, SweepRecord record,
                     Progress& progress);

}  // namespace finemix
