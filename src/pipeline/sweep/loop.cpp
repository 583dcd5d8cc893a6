#include "pipeline/sweep/loop.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/stop.h"
#include "finemix/model/device.h"
#include "finemix/pipeline/mitigations.h"
#include "finemix/report/sweep_page.h"
#include "finemix/report/sweep_row.h"
#include "pipeline/sweep/clock.h"

namespace finemix {
namespace {

using Clock = std::chrono::steady_clock;

// What units of work are expected to cost, in passes over a text of the subject's: training takes
// three, forward and backward.
constexpr double kTraining = 3;
constexpr double kEvaluated = 3000;  // texts of an evaluation, about

double cost_of(const PlannedSubject& subject, const PlannedCell& cell) {
  const MitigationMethod& method = find_mitigation(cell.options.method);
  double passes = kEvaluated;
  if (method.training) {
    const double texts = method.distils
                             ? static_cast<double>(cell.options.distillation.texts)
                             : static_cast<double>(std::max<std::int64_t>(cell.key.clean_size, 1));
    const double training = kTraining * texts * static_cast<double>(cell.options.training.epochs);
    const bool searches = !method.rho.empty() && cell.options.rho == "auto";
    passes += training * (searches ? 1 + static_cast<double>(cell.options.rho_grid.size()) : 1);
  }
  return passes * subject.text_cost;
}

double cost_of_model(const PlannedSubject& subject) {
  return kTraining * subject.model_passes * subject.text_cost;
}

double cost_of(const PlannedSubject& subject, const SweepLandscape& landscape) {
  const auto points = static_cast<double>(landscape.options.points);
  return points * points * 1.5 * static_cast<double>(landscape.texts) * subject.text_cost;
}

class Loop {
 public:
  Loop(SweepStore& store, const SweepLandscape& landscape, const MakeSuspect& make,
       Progress& progress)
      : store_(store), landscape_(landscape), make_(make), progress_(progress) {}

  void run(const std::vector<PlannedSubject>& subjects) {
    std::size_t count = 0;
    for (const PlannedSubject& subject : subjects) {
      const std::vector<Unit> units = missing(subject);
      for (const Unit& unit : units) clock_.expect(unit.cost);
      if (!is_done(subject, units)) clock_.expect(cost_of_model(subject));
      count += units.size();
    }
    progress_.begin("sweep", count, "cells");
    if (count > 0) progress_.message(sweep_row_titles());
    for (const PlannedSubject& subject : subjects) run(subject);
    progress_.end();
  }

  // What the first thing that could not be made said; nothing when all could.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  // A cell to be made, or the landscape through its model.
  struct Unit {
    const PlannedCell* cell;
    bool landscape;
    double cost;
  };

  // What is not recorded of a subject.
  std::vector<Unit> missing(const PlannedSubject& subject) const {
    std::vector<Unit> units;
    for (const PlannedCell& cell : subject.cells) {
      if (!store_.has_cell(cell.key)) units.push_back({&cell, false, cost_of(subject, cell)});
    }
    for (const PlannedCell& cell : subject.landscapes) {
      if (store_.has_landscape(cell.key)) continue;
      units.push_back({&cell, true, cost_of(subject, landscape_)});
    }
    return units;
  }

  bool is_done(const PlannedSubject& subject, const std::vector<Unit>& units) const {
    return units.empty() && store_.has_subject(subject.task, subject.attack);
  }

  void run(const PlannedSubject& subject) {
    const std::vector<Unit> units = missing(subject);
    if (is_done(subject, units)) return;
    std::optional<SweepSuspect> suspect;
    const std::string name = subject_name(subject.task, subject.attack);
    clock_.done(cost_of_model(subject), make(subject, name, suspect));
    for (const Unit& unit : units) {
      // Without the model there is nothing that could be done.
      clock_.done(unit.cost, suspect ? run(unit, *suspect) : 0);
      progress_.time_left(clock_.time_left());
      progress_.advance(1);
    }
  }

  double run(const Unit& unit, const SweepSuspect& suspect) {
    const PlannedCell& cell = *unit.cell;
    const std::string name = (unit.landscape ? "landscape of " : "") + cell_name(cell.key);
    progress_.note(name);
    return attempt(name, [&] {
      if (unit.landscape) {
        store_.write(suspect.landscape(cell, landscape_, no_progress()), cell.key);
        return;
      }
      const CellRecord record = suspect.cell(cell);
      store_.write(record);
      progress_.message(sweep_row(record));
    });
  }

  double make(const PlannedSubject& subject, const std::string& name,
              std::optional<SweepSuspect>& made) {
    progress_.note("making " + name);
    return attempt(name, [&] {
      made.emplace(make_(subject), subject.first, no_progress());
      if (!store_.has_subject(subject.task, subject.attack)) {
        store_.write(made->subject());
      } else if (store_.subject(subject.task, subject.attack).sha256 != made->sha256()) {
        throw Error(ErrorKind::kMalformed,
                    "the model of " + name +
                        " is not the one that its cells were made of, as its record has it: put "
                        "it back, or begin another output");
      }
    });
  }

  // Does it and returns the seconds that it took, which are logged. A model that can't be trained
  // is no reason to leave out the others.
  template <typename Work>
  double attempt(const std::string& name, const Work& work) {
    throw_if_stopped();
    const Clock::time_point start = Clock::now();
    try {
      work();
    } catch (const Error& error) {
      const ErrorKind kind = error.kind();
      if (kind != ErrorKind::kNumeric && kind != ErrorKind::kMismatch &&
          kind != ErrorKind::kUsage) {
        throw;
      }
      if (!failure_) failure_.emplace(kind, name + ": " + error.what());
      progress_.message(name + " failed: " + error.what());
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    store_.log_time(name, seconds);
    return seconds;
  }

  SweepStore& store_;
  const SweepLandscape& landscape_;
  const MakeSuspect& make_;
  Progress& progress_;
  SweepClock clock_;
  std::optional<Error> failure_;
};

// All that the store has of the grid, in its order.
void collect(const SweepStore& store, const std::vector<PlannedSubject>& grid,
             SweepRecord& record) {
  for (const PlannedSubject& subject : grid) {
    if (store.has_subject(subject.task, subject.attack)) {
      record.subjects.push_back(store.subject(subject.task, subject.attack));
    }
    for (const PlannedCell& cell : subject.cells) {
      if (store.has_cell(cell.key)) record.cells.push_back(store.cell(cell.key));
    }
    for (const PlannedCell& cell : subject.landscapes) {
      if (store.has_landscape(cell.key)) record.landscapes.push_back(store.landscape(cell.key));
    }
  }
}

}  // namespace

SweepRecord grid_head(std::string title, const RunOptions& run, std::vector<InputRecord> inputs,
                      const std::vector<PlannedSubject>& grid) {
  SweepRecord head;
  head.title = std::move(title);
  head.request = run.request;
  const c10::Device device = choose_device(run.device);
  head.request.config["device"] = device.str();
  head.request.config["precision"] = name_of(choose_precision(run.precision, device));
  head.inputs = std::move(inputs);
  for (const PlannedSubject& subject : grid) {
    for (const PlannedCell& cell : subject.cells) head.planned.push_back(cell_name(cell.key));
  }
  return head;
}

SweepRecord run_grid(SweepStore& store, const std::vector<PlannedSubject>& grid, const Shard& shard,
                     const SweepLandscape& landscape, const MakeSuspect& make, Progress& progress) {
  std::vector<PlannedSubject> part = grid;
  keep_shard(part, shard);
  Loop loop(store, landscape, make, progress);
  std::optional<Error> ended;
  try {
    loop.run(part);
  } catch (const Error& error) {
    ended = error;
  }
  const FinishFirst results;
  SweepRecord record = store.head();
  collect(store, grid, record);
  store.finish(record, html(record));
  if (ended) throw Error(*ended);
  if (loop.failure()) throw Error(*loop.failure());
  return record;
}

}  // namespace finemix
