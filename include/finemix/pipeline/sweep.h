#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finemix/eval/landscape.h"
#include "finemix/pipeline/purify.h"
#include "finemix/record/sweep_record.h"

namespace finemix {

// Data to attack and to defend. Paths are relative to SweepOptions::data_dir.
struct SweepTask {
  std::string name;
  std::string train;  // labelled texts that clean and backdoored models are trained on
  std::string test;   // labelled texts to measure on
  // Labelled texts of the defender; empty: 512 of `train`, which no model is trained on then.
  std::string clean_data;
  std::string unlabelled_data;  // ordinary texts, for distillation; empty: made from clean_data
  // Instead of files: review sentences made on the spot (generate_reviews).
  bool generated = false;
  std::size_t train_size = 0;  // texts to draw, balanced over labels; 0: all
  std::size_t test_size = 0;
  std::size_t max_length = 0;  // 0: SweepOptions::run's
  std::int64_t target_label = 1;
  std::vector<std::string> attacks;   // names of SweepOptions::attacks to make; empty: all
  std::optional<std::uint64_t> seed;  // of drawn data and models; none: SweepOptions::run's
  TrainOptions training;              // of the clean model
};

struct SweepAttack {
  std::string name;  // kCleanControl: no attack
  AttackOptions attack;
  bool own_target = false;    // attack.target_label counts, not the task's
  std::string poisoned_data;  // of attacks from files, relative as a task's are
  std::string poisoned_test;
};

struct SweepMethod {
  std::string name;
  PurifyOptions options;   // what is not of files, attacks, seeds and running
  bool fixed_rho = false;  // options.rho was given for this method: SweepOptions::rho is not for it
};

// Part `index` of `count`, from 1.
struct Shard {
  std::size_t index = 1;
  std::size_t count = 1;
};

Shard parse_shard(const std::string& text);  // "2/8"; throws kUsage

// For which cells a landscape is drawn: at the first seed and clean size.
struct SweepLandscape {
  std::string method;                // empty: none
  std::vector<std::string> attacks;  // empty: all
  std::size_t texts = 300;           // to evaluate on at each point
  LandscapeOptions options;
};

// What every model of a grid is put through: method × ρ × with and without E-PUR × clean size ×
// seed.
struct GridOptions {
  std::vector<SweepMethod> methods;
  std::string epur = "both";  // or "with", "without"
  std::vector<double> rho;    // for methods that have a ρ; empty: each method's own
  std::vector<std::int64_t> clean_sizes = {64};
  std::vector<std::uint64_t> seeds = {1, 2, 3};
};

// A grid of models, task × attack.
struct SweepOptions {
  std::string title;
  std::string pretrained;
  std::string data_dir;  // empty: the working directory
  std::string output;
  std::vector<SweepTask> tasks;
  std::vector<SweepAttack> attacks;
  GridOptions grid;
  EpurOptions epur;
  FrequencyOptions frequency;  // paths relative as a task's
  SweepLandscape landscape;
  RunOptions run;  // run.seed: of models and drawn data; each cell has its own of grid.seeds
  Shard shard;
  bool resume = false;
};

// How much a grid is. Throws kUsage on what is wrong with it; reads no file.
struct GridSize {
  std::size_t models = 0;
  std::size_t cells = 0;
  std::size_t landscapes = 0;
};
GridSize grid_size(const SweepOptions& options);

// Makes what models the grid needs, then runs every cell that is not recorded yet. In `output`:
//   grid.json        what was asked for, of which inputs
//   data/TASK/…      the texts that were drawn
//   models/…         the clean and the backdoored models, with their poisoned test texts
//   subjects/, cells/, landscapes/  one record each, written whole, the same in every run
//   timings.jsonl    how long each took
//   results.json     finemix.sweep/1: all records that there are
//   report.html      the same to look at
// Without `resume`, `output` must not exist. Throws kUsage when it holds another grid, or one of
// other inputs. What failed or was interrupted is thrown once results.json has what was done.
SweepRecord run_sweep(const SweepOptions& options, Progress& progress);

// Methods side by side on one suspect model, and where a clean one is given as `base.reference`,
// on that too: a grid whose models are given.
struct CompareOptions {
  // Files, attack, E-PUR's settings and running; `base.output` gets the records. run.seed says
  // where a trigger is put into the test texts, the same for all cells.
  PurifyOptions base;
  GridOptions grid;
  std::string task = "task";  // what tables call the data
  Shard shard;
  bool resume = false;
};
SweepRecord run_compare(const CompareOptions& options, Progress& progress);

}  // namespace finemix
