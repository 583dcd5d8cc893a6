#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/summary.h"
#include "request.h"
#include "verb.h"

namespace finemix {

Verb train_verb() {
  auto options = std::make_shared<TrainVerbOptions>();
  Verb verb{.name = "train",
            .summary = "Fine-tune a classifier",
            .details =
                "Trains all weights of a pre-trained model, and a new head, on labelled "
                "texts. With --validation the weights of the best epoch are kept.",
            .example = "finemix train --pretrained bert --data train.tsv --output model",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  bind_pretrained(table, &options->pretrained);
  table.text("data", "FILE", &options->data, "labelled texts to train on (TSV, CSV or JSON lines)");
  table.text("validation", "FILE", &options->validation,
             "labelled texts to choose the best epoch by");
  bind_output(table, &options->output, &options->run.overwrite, "where the classifier is written");
  table.require({"pretrained", "data", "output"});
  bind_training(table, &options->training);
  bind_resume(table, &options->resume);
  bind_run(table, &options->run);

  verb.run = [options](Console& console) {
    options->run.request = request_of(console.words(), console.config());
    const TrainRecord record = run_train(*options, console.progress());
    console.result(to_json(record), summary(record, console.color()) + written_to(options->output));
  };
  return verb;
}

}  // namespace finemix
