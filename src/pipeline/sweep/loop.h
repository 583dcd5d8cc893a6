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
// results.json and report.html with all that there is of the grid: also when it is interrupted, or
// something fails. A model or a cell that can't be made (kNumeric, kMismatch, kUsage) does not keep
// the others from being run; the first such error is thrown at the end.
SweepRecord run_grid(SweepStore& store, const std::vector<PlannedSubject>& grid, const Shard& shard,
                     const SweepLandscape& landscape, const MakeSuspect& make, Progress& progress);

// The record of a grid of which nothing is done yet. Its configuration names the device and the
// precision that `run` comes to on this machine, since results depend on them.
SweepRecord grid_head(std::string title, const RunOptions& run, std::vector<InputRecord> inputs,
                      const std::vector<PlannedSubject>& grid);

}  // namespace finemix
