#include "finemix/pipeline/sweep.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/sweep_summary.h"
#include "grid_options.h"
#include "verb.h"

namespace finemix {

Verb sweep_verb() {
  auto options = std::make_shared<SweepOptions>();
  auto shard = std::make_shared<std::string>();
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
  bind_methods(table, &options->methods);
  bind_axes(table, &options->epur, &options->rho, &options->clean_sizes, &options->seeds);
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
  table.text("word-counts", "FILE", &options->word_counts,
             "how often word pieces occur, for E-PUR: lines of token, tab, count");
  table.text("count-text", "FILE", &options->count_text, "any text to count word pieces in");
  table.exclusive({"word-counts", "count-text"});
  table.text("output", "DIR", &options->output, "where models and records are kept");
  table.require({"pretrained", "output", "tasks", "attacks", "methods"});
  table.flag("resume", &options->resume, "go on with what is in --output");
  table.text("shard", "I/N", shard.get(),
             "run this part of the grid alone, into an output of its own; `finemix report` unites "
             "the parts");
  bind_run(table, &options->run);

  verb.run = [options, shard](Console& console) {
    if (!shard->empty()) options->shard = parse_shard(*shard);
    const std::vector<std::string> dropped = {"--output", "--resume",  "--shard",    "--quiet",
                                              "--json",   "--threads", "--log-level"};
    const SweepRequest request{command_line(console.words(), dropped),
                               without_keys(console.config(), {"resume", "shard"})};
    const SweepRecord record = run_sweep(*options, request, console.progress());
    console.result(to_json(record), summary(record, console.color()) + "Written to " +
                                        options->output + ": results.json and report.html\n");
  };
  return verb;
}

}  // namespace finemix
