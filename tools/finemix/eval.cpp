#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/summary.h"
#include "verb.h"

namespace finemix {

Verb eval_verb() {
  auto options = std::make_shared<EvalVerbOptions>();
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
  table.flag("overwrite", &options->run.overwrite, "replace existing predictions");
  table.require({"model", "data"});
  bind_probe(table, &options->probe);
  bind_reference(table, &options->reference);
  bind_run(table, &options->run);

  verb.run = [options](Console& console) {
    const EvaluationRecord record = run_eval(*options, console.progress());
    console.result(to_json(record), summary(record, console.color()));
  };
  return verb;
}

}  // namespace finemix
