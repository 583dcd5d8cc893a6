#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/summary.h"
#include "request.h"
#include "verb.h"

namespace finemix {

Verb mix_verb() {
  auto options = std::make_shared<MixVerbOptions>();
  MixOptions& mix = options->mix;
  Verb verb{
      .name = "mix",
      .summary = "Mix suspect and pre-trained weights",
      .details =
          "Keeps exactly the share ρ of the suspect's backbone weights and takes the "
          "others from the pre-trained model. ρ = 1 is the suspect, ρ = 0 the "
          "pre-trained model.",
      .example = "finemix mix --pretrained bert --backdoored suspect --rho 0.3 --output mixed",
      .options = {},
      .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  bind_pretrained(table, &options->pretrained);
  bind_backdoored(table, &options->backdoored);
  bind_checks(table, &options->checks);
  bind_output(table, &options->output, &options->run.overwrite,
              "where the mixed classifier is written");
  table.require({"pretrained", "backdoored"});
  table.group("Mixing");
  table.number("rho", "R", &mix.rho, 0, 1,
               "reserve ratio: share of the suspect's weights that is kept");
  bind_select(table, {"random", "small-delta", "large-delta", "ties", "dare", "weight-average"},
              &mix.select,
              "which weights are kept: at random, or those that moved least or most, in all or "
              "(ties) in each tensor; dare enlarges the changes that it keeps at random by 1/ρ; "
              "weight-average keeps the share ρ of each change");
  bind_head(table, &options->head);
  bind_run(table, &options->run);
  bind_max_memory(table, &options->max_memory);

  verb.run = [options](Console& console) {
    options->run.request = request_of(console.words(), console.config());
    const MixRecord record = run_mix(*options, console.progress());
    std::string text = summary(record, console.color());
    if (!options->output.empty()) text += written_to(options->output);
    console.result(to_json(record), text);
  };
  return verb;
}

}  // namespace finemix
