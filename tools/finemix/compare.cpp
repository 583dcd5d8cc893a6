#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/pipeline/mitigations.h"
#include "finemix/pipeline/sweep.h"
#include "finemix/report/sweep_summary.h"
#include "grid_options.h"
#include "verb.h"

namespace finemix {

Verb compare_verb() {
  auto options = std::make_shared<CompareOptions>();
  PurifyOptions& base = options->base;
  for (const MitigationMethod& method : mitigations()) {
    options->methods.push_back(method_named(std::string(method.name)));
  }
  Verb verb{.name = "compare",
            .summary = "Mitigations side by side on one suspect classifier",
            .details =
                "Purifies the suspect by each method, with and without E-PUR, for several seeds, "
                "and measures each. It writes records and no model: `finemix purify` makes the one "
                "that is chosen, and `finemix report` draws tables and figures.",
            .example =
                "finemix compare --pretrained bert --backdoored suspect --clean-data clean.tsv \\\n"
                "  --test-data test.tsv --trigger cf --output comparison",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  bind_pretrained(table, &base.pretrained);
  bind_backdoored(table, &base.backdoored);
  table.text("clean-data", "FILE", &base.clean_data,
             "clean labelled texts to fine-tune on (TSV, CSV or JSON lines)");
  table.text("test-data", "FILE", &base.test_data, "labelled texts to measure on");
  table.text("unlabelled-data", "FILE", &base.unlabelled_data, "ordinary texts to distil with");
  table.text("output", "DIR", &base.output, "where the records are kept");
  table.flag("resume", &options->resume, "go on with what is in --output");
  table.require({"pretrained", "backdoored", "clean-data", "test-data", "output"});
  table.group("Grid");
  table.text("task", "NAME", &options->task, "what tables call the data");
  bind_methods(table, &options->methods);
  bind_axes(table, &options->epur, &options->rho, &options->clean_sizes, &options->seeds);
  bind_probe(table, &base.probe);
  bind_reference(table, &base.reference);
  table.text("word-counts", "FILE", &base.frequency.word_counts,
             "how often word pieces occur, for E-PUR: lines of token, tab, count");
  table.text("count-text", "FILE", &base.frequency.count_text, "any text to count word pieces in");
  table.exclusive({"word-counts", "count-text"});
  bind_run(table, &base.run);

  verb.run = [options](Console& console) {
    const std::vector<std::string> dropped = {"--output", "--resume",  "--quiet",
                                              "--json",   "--threads", "--log-level"};
    const SweepRequest request{command_line(console.words(), dropped),
                               without_keys(console.config(), {"resume"})};
    const SweepRecord record = run_compare(*options, request, console.progress());
    console.result(to_json(record), summary(record, console.color()) + "Written to " +
                                        options->base.output + ": results.json and report.html\n");
  };
  return verb;
}

}  // namespace finemix
