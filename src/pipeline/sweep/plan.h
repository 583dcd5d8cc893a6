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
  PlannedCell first;  // of the whole grid: what is recorded of the model itself goes by it
  std::vector<PlannedCell> landscapes;  // cells whose purified model a landscape goes through
  double text_cost = 1;                 // of a text, against those of other subjects
  double model_passes = 0;  // over a text, forward and backward, to train the model; 0: it is there
};

// One model with its cells and no landscape. A method that does not train is run once for all seeds
// and clean sizes, unless E-PUR goes by these: `counted` says that its frequencies come from a file
// instead. Throws kUsage on an axis that is empty or holds a value twice.
PlannedSubject plan_subject(const GridOptions& grid, bool counted, const std::string& task,
                            const std::string& attack);

// Whether a model of the task is made under this attack of the grid.
bool is_under(const SweepTask& task, const std::string& attack);

// Throws kUsage unless a name is fit for file names and tables.
void check_name(const char* what, const std::string& name);

// Throws kUsage on names that are missing, given twice, or not fit for a file name, and on
// attacks of tasks and landscapes that the grid does not have.
std::vector<PlannedSubject> plan_sweep(const SweepOptions& options);

// Leaves the shard's part: a stretch of the grid, so that few models are needed by several shards.
void keep_shard(std::vector<PlannedSubject>& subjects, const Shard& shard);

}  // namespace finemix
