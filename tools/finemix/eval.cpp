#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/markdown_summary.h"
#include "finemix/report/summary.h"
#include "finemix/report/suspect_tables.h"
#include "gate_options.h"
#include "request.h"
#include "verb.h"

namespace finemix {

Verb eval_verb() {
  auto options = std::make_shared<EvalVerbOptions>();
  auto gates = std::make_shared<GateBounds>();
  auto files = std::make_shared<CiFiles>();
  Verb verb{.name = "eval",
            .summary = "Measure a classifier's accuracy, and how well an attack works on it",
            .details =
                "Accuracy (ACC) is the share of texts that get their own label. Attack success "
                "(ASR) is the share of texts of other labels that the trigger puts into the target "
                "label; the trigger effect is ASR less the share of the same texts that end there "
                "without the trigger.",
            .example = "finemix eval --model suspect --data test.tsv --trigger cf --target-label 1",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  table.text("model", "DIR", &options->model, "the classifier");
  table.text("data", "FILE", &options->data, "texts to classify (TSV, CSV or JSON lines)");
  table.text("predictions", "FILE", &options->predictions,
             "write one line {\"label\", \"logits\"} for each text, in order");
  table.flag("overwrite", &options->run.overwrite, "replace existing predictions and files");
  table.require({"model", "data"});
  table.group("Gates");
  bind_min_acc(table, gates.get());
  bind_max_asr(table, gates.get(), " of the known attack, a share");
  bind_ci_files(table, files.get());
  bind_probe(table, &options->probe);
  bind_reference(table, &options->reference);
  bind_run(table, &options->run);

  verb.run = [options, gates, files](Console& console) {
    check_ci_files(*files, options->run.overwrite,
                   {options->model, options->data, options->probe.poisoned_data,
                    options->probe.attack, options->reference},
                   options->predictions);
    const EvaluationRecord record = run_eval(*options, console.progress());
    const std::vector<Gate> held = gates_of(*gates, record);
    write_ci_files(
        *files, options->run.overwrite,
        checks_of(record, held, options->model, request_of(console.words(), console.config())),
        markdown(record, held, options->model));
    if (!all_passed(held)) console.found_something();
    Json json = to_json(record);
    json["gates"] = Json::array();
    for (const Gate& gate : held) json["gates"].push_back(to_json(gate));
    const std::string gate_rows = held.empty() ? "" : "\n" + gate_table(held).text(console.color());
    console.result(std::move(json), summary(record, console.color()) + gate_rows);
  };
  return verb;
}

}  // namespace finemix
