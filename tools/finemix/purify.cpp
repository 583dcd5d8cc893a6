#include "finemix/pipeline/purify.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/summary.h"
#include "finemix/report/text.h"
#include "verb.h"

namespace finemix {
namespace {

// A number in [0, 1], or "auto".
void bind_rho(OptionTable& table, std::string* rho) {
  Option option;
  option.name = "rho";
  option.value = "R|auto";
  option.help =
      "reserve ratio: share of the suspect's weights that is kept. auto takes the smallest one of "
      "--rho-grid whose held-out accuracy is within --max-acc-drop of the suspect's; it sees "
      "accuracy alone, and may settle where the backdoor still works";
  option.kind = Option::Kind::kNumber;
  option.set = [rho](const Json& json) -> std::optional<std::string> {
    const bool number = json.is_number() && json >= 0 && json <= 1;
    if (!number && json != "auto") return "a number from 0 to 1, or auto";
    *rho = number ? plain_number(json.get<double>()) : "auto";
    return {};
  };
  option.get = [rho] { return *rho == "auto" ? Json(*rho) : Json(std::stod(*rho)); };
  table.add(std::move(option));
}

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const MitigationMethod& method : mitigations()) names.emplace_back(method.name);
  return names;
}

std::string method_help() {
  std::string help = "all but none end with training, on the clean texts; it and --rho have ";
  help += "defaults of each method's. ";
  for (const MitigationMethod& method : mitigations()) {
    help += std::string(method.name) + ": " + std::string(method.does) + "; ";
  }
  help.resize(help.size() - 2);
  return help;
}

}  // namespace

Verb purify_verb() {
  auto options = std::make_shared<PurifyOptions>();
  Verb verb{.name = "purify",
            .summary = "Take a backdoor out of a classifier",
            .details =
                "Resets suspicious embeddings (E-PUR), mixes the suspect's weights with the "
                "pre-trained ones (fine-mixing), teaches the mixed weights the task again, "
                "measures before and after, and writes the purified classifier with report.json. "
                "The trigger need not be known; where it is, its success is measured too.",
            .example =
                "finemix purify --pretrained bert --backdoored suspect --clean-data clean.tsv \\\n"
                "  --test-data test.tsv --trigger cf --output purified",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  bind_pretrained(table, &options->pretrained);
  bind_backdoored(table, &options->backdoored);
  table.text("clean-data", "FILE", &options->clean_data,
             "clean labelled texts to fine-tune on (TSV, CSV or JSON lines)");
  table.integer("clean-size", "N", &options->clean_size, std::int64_t{0}, std::int64_t{1} << 40,
                "draw this many of them, balanced over labels; 0: all");
  table.text("test-data", "FILE", &options->test_data, "labelled texts to measure on");
  bind_output(table, &options->output, &options->run.overwrite,
              "where the purified classifier is written");
  table.require({"pretrained", "backdoored", "clean-data", "output"});
  table.group("Method");
  // Bound before the training options: they override what the method brings.
  table.choice(
      "method", method_names(), [options](const std::string& name) { options->set_method(name); },
      [options] { return options->method; }, method_help());
  table.integer("distill-texts", "N", &options->distillation.texts, std::size_t{1},
                std::size_t{100'000'000}, "texts that the suspect labels for distillation");
  table.text("unlabelled-data", "FILE", &options->unlabelled_data,
             "ordinary texts to draw those from, labels not needed; without it they are made from "
             "the clean ones");
  bind_rho(table, &options->rho);
  table.numbers("rho-grid", "R", &options->rho_grid, 0, 1, "what --rho auto tries");
  table.number("max-acc-drop", "X", &options->max_acc_drop, 0, 100,
               "points of clean accuracy that --rho auto may give up");
  bind_select(table, {"small-delta", "large-delta"}, &options->select,
              "weights that fine-mixing-sel keeps: those that moved least or most");
  bind_head(table, &options->head);
  table.flag("no-epur", &options->no_epur, "leave out E-PUR");
  bind_probe(table, &options->probe);
  bind_reference(table, &options->reference);
  bind_epur(table, &options->epur, &options->frequency);
  bind_training(table, &options->training);
  bind_run(table, &options->run);

  verb.run = [options](Console& console) {
    const PurifyRecord record = run_purify(*options, console.config(), console.progress());
    console.result(to_json(record, console.config()), summary(record, console.color()) +
                                                          "Written to " + options->output +
                                                          ", with report.json\n");
  };
  return verb;
}

}  // namespace finemix
