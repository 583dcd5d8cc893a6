#include "finemix/pipeline/sweep.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/sweep_summary.h"
#include "finemix/report/text.h"
#include "grid_options.h"
#include "request.h"
#include "verb.h"

namespace finemix {

Verb sweep_verb() {
  auto options = std::make_shared<SweepOptions>();
  auto dry_run = std::make_shared<bool>(false);
  Verb verb{
      .name = "sweep",
      .summary = "Run a grid of attacks, mitigations, reserve ratios and seeds",
      .details =
          "Trains a clean model of each task, attacks it in each way, and puts every model "
          "through every mitigation, with and without E-PUR. Each cell is recorded in a file "
          "of its own once it is done, so a sweep can be stopped at any time and gone on with "
          "by --resume; its results are the same bytes. `finemix report` draws them.",
      .example = "finemix sweep --config configs/quick.json",
      .options = {},
      .run = {}};
  OptionTable& table = verb.options;
  table.group("Grid");
  table.text("title", "TEXT", &options->title, "what the report is called");
  bind_tasks(table, &options->tasks);
  bind_attacks(table, &options->attacks);
  bind_grid(table, &options->grid);
  table.group("Landscape");
  SweepLandscape& landscape = options->landscape;
  table.text("landscape", "METHOD", &landscape.method,
             "accuracy and attack success on the plane through the pre-trained, the suspect and "
             "the model that this method purified");
  table.texts("landscape-attacks", "NAME", &landscape.attacks, "for these attacks; else for all");
  table.integer("landscape-points", "N", &landscape.options.points, std::int64_t{2},
                std::int64_t{101}, "along each axis");
  table.integer("landscape-texts", "N", &landscape.texts, std::size_t{1}, std::size_t{1'000'000},
                "that each point is measured on");
  table.group("Files");
  bind_pretrained(table, &options->pretrained);
  table.text("data-dir", "DIR", &options->data_dir, "what the data files of the grid are below");
  table.text("output", "DIR", &options->output, "where models and records are kept");
  table.require({"pretrained", "output", "tasks", "attacks", "methods"});
  table.flag("resume", &options->resume, "go on with what is in --output");
  bind_shard(table, &options->shard);
  table.flag("dry-run", dry_run.get(), "only say how many models and cells the grid has");
  bind_epur(table, &options->epur, &options->frequency);
  bind_run(table, &options->run);

  verb.run = [options, dry_run](Console& console) {
    if (*dry_run) {
      const GridSize size = grid_size(*options);
      console.result(
          {{"models", size.models}, {"cells", size.cells}, {"landscapes", size.landscapes}},
          counted(size.models, "model", "models") + ", " + counted(size.cells, "cell", "cells") +
              ", " + counted(size.landscapes, "landscape", "landscapes") + "\n");
      return;
    }
    options->run.request = grid_request_of(console.words(), console.config());
    const SweepRecord record = run_sweep(*options, console.progress());
    console.result(to_json(record),
                   summary(record, console.color()) +
                       written_to(options->output, ": results.json and report.html"));
  };
  return verb;
}

}  // namespace finemix
