#pragma once

#include <string>
#include <vector>

#include "finemix/pipeline/sweep.h"

namespace finemix {

struct PlannedCell {
  CellKey key;
  PurifyOptions options;  // the method's, with ρ, E-PUR, clean size and seed; no files
};

// The cells of one model, in the order of the grid.
struct PlannedSubject {
  std::string task;
  std::string attack;
  std::vector<PlannedCell> cells;
  std::vector<PlannedCell> landscapes;  // cells whose purified model a landscape goes through
  double text_cost = 1;                 // of a text, against those of other subjects
};

// What all models of a grid are put through.
struct GridAxes {
  const std::vector<SweepMethod>& methods;
  const std::string& epur;
  const std::vector<double>& rho;
  const std::vector<std::int64_t>& clean_sizes;
  const std::vector<std::uint64_t>& seeds;
};

// The cells of one model. A method that neither trains nor mixes is run once for all seeds and
// clean sizes. Throws kUsage on an axis that is empty or holds a value twice.
std::vector<PlannedCell> plan_cells(const GridAxes& axes, const std::string& task,
                                    const std::string& attack);

// Throws kUsage on names that are missing, given twice, or not fit for a file name, and on
// landscapes of what the grid does not have.
std::vector<PlannedSubject> plan_sweep(const SweepOptions& options);

// Leaves the shard's part: a stretch of the grid, so that few models are needed by several shards.
void keep_shard(std::vector<PlannedSubject>& subjects, const Shard& shard);

}  // namespace finemix
