#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/pipeline/mitigations.h"
#include "finemix/pipeline/sweep.h"
#include "finemix/report/sweep_summary.h"
#include "grid_options.h"
#include "request.h"
#include "verb.h"

namespace finemix {
namespace {

std::vector<SweepMethod> every_method() {
  std::vector<SweepMethod> methods;
  for (const MitigationMethod& method : mitigations()) {
    methods.push_back(method_named(std::string(method.name)));
    if (method.name != kFineMixingSel) continue;
    methods.back().name += "-small";
    methods.push_back(methods.back());
    methods.back().name = std::string(method.name) + "-large";
    methods.back().options.select = Select::kLargeDelta;
  }
  return methods;
}

}  // namespace

Verb compare_verb() {
  auto options = std::make_shared<CompareOptions>();
  PurifyOptions& base = options->base;
  options->grid.methods = every_method();
  Verb verb{
      .name = "compare",
      .summary = "Mitigations side by side on one suspect classifier",
      .details =
          "Purifies the suspect by each method, with and without E-PUR, for several seeds, "
          "and measures each. It leaves results.json and report.html and no model: `finemix "
          "purify` makes the one that is chosen, and `finemix report` other forms of the results. "
          "With --reference the "
          "clean model is put through every method too: what a purification costs that was "
          "not needed.",
      .example =
          "finemix compare --pretrained bert --backdoored suspect --clean-data clean.tsv \\\n"
          "  --test-data test.tsv --trigger cf --output comparison",
      .options = {},
      .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  bind_pretrained(table, &base.pretrained);
  bind_backdoored(table, &base.backdoored);
  bind_checks(table, &base.checks);
  table.text("clean-data", "FILE", &base.clean_data,
             "clean labelled texts to fine-tune on (TSV, CSV or JSON lines)");
  table.text("test-data", "FILE", &base.test_data, "labelled texts to measure on");
  table.text("unlabelled-data", "FILE", &base.unlabelled_data,
             "ordinary texts to distil with, a data file with or without labels");
  table.text("output", "DIR", &base.output, "where the records are kept");
  table.flag("resume", &options->resume, "go on with what is in --output");
  bind_shard(table, &options->shard);
  table.require({"pretrained", "backdoored", "clean-data", "test-data", "output"});
  table.group("Grid");
  table.text("task", "NAME", &options->task, "what tables call the data");
  bind_grid(table, &options->grid);
  bind_probe(table, &base.probe);
  bind_reference(table, &base.reference);
  bind_epur(table, &base.epur, &base.frequency);
  bind_run(table, &base.run);

  verb.run = [options](Console& console) {
    options->base.run.request = grid_request_of(console.words(), console.config());
    const SweepRecord record = run_compare(*options, console.progress());
    console.result(to_json(record),
                   summary(record, console.color()) +
                       written_to(options->base.output, ": results.json and report.html"));
  };
  return verb;
}

}  // namespace finemix
