#include "finemix/pipeline/demo.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/summary.h"
#include "request.h"
#include "verb.h"

namespace finemix {

Verb demo_verb() {
  auto options = std::make_shared<DemoOptions>();
  Verb verb{.name = "demo",
            .summary = "See the whole method at work on backdoors made for the purpose",
            .details =
                "Makes review sentences, trains a clean classifier, makes a word-triggered "
                "and an embedding-poisoned one, purifies both, and shows what is left of "
                "the backdoors.",
            .example = "finemix demo --output finemix-demo",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  table.text("pretrained", "DIR", &options->pretrained,
             "a pre-trained BERT; without one a tiny BERT is trained on the spot");
  bind_output(table, &options->output, &options->run.overwrite, "where everything is left");
  bind_run(table, &options->run);

  verb.run = [options](Console& console) {
    options->run.request = request_of(console.words(), console.config());
    const DemoRecord record = run_demo(*options, console.progress());
    std::vector<BeforeAfter> models;
    for (const DemoRow& row : record.rows) models.push_back({row.model, row.before, row.after});
    console.result(to_json(record), summary(models, console.color()) + written_to(options->output));
  };
  return verb;
}

}  // namespace finemix
