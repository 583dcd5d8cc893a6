#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/summary.h"
#include "request.h"
#include "verb.h"

namespace finemix {
namespace {

constexpr std::size_t kShownRows = 20;

}  // namespace

Verb epur_verb() {
  auto options = std::make_shared<EpurVerbOptions>();
  Verb verb{.name = "epur",
            .summary = "Rank the word embeddings that fine-tuning moved suspiciously far",
            .details =
                "Embedding purification: each word piece is scored by how far its embedding moved "
                "from the pre-trained one against how often it occurs, ‖δ‖₂ / log max(frequency, "
                "20); the highest scores get their pre-trained embedding back.",
            .example = "finemix epur --pretrained bert --backdoored suspect --count-text train.tsv",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  bind_pretrained(table, &options->pretrained);
  bind_backdoored(table, &options->backdoored);
  bind_checks(table, &options->checks);
  bind_output(table, &options->output, &options->run.overwrite,
              "where the classifier with the reset embeddings is written");
  table.require({"pretrained", "backdoored"});
  bind_epur(table, &options->epur, &options->frequency);
  bind_run(table, &options->run);
  bind_max_memory(table, &options->max_memory);

  verb.run = [options](Console& console) {
    options->run.request = request_of(console.words(), console.config());
    const EpurRecord record = run_epur(*options, console.progress());
    std::string text = summary(record, kShownRows, console.color());
    if (!options->output.empty()) text += written_to(options->output);
    console.result(to_json(record), text);
  };
  return verb;
}

}  // namespace finemix
