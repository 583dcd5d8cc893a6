#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/core/error.h"
#include "finemix/report/summary.h"
#include "verb.h"

namespace finemix {
namespace {

void check_start(const AttackVerbOptions& options) {
  const int starts = !options.pretrained.empty() + !options.model.empty();
  if (options.data_only && starts > 0) {
    throw Error(ErrorKind::kUsage,
                "--data-only writes a data file and trains nothing: leave out --pretrained and "
                "--model");
  }
  if (!options.data_only && starts != 1) {
    throw Error(ErrorKind::kUsage,
                "exactly one of --pretrained (a pre-trained model) and --model (a fine-tuned one) "
                "has to be given, or --data-only");
  }
}

}  // namespace

Verb attack_verb() {
  auto options = std::make_shared<AttackVerbOptions>();
  AttackOptions& attack = options->attack;
  attack.training = default_training(attack.kind);
  attack.poison_rate = default_poison_rate(attack.kind);
  Verb verb{.name = "attack",
            .summary = "Make a backdoored classifier, or poisoned data, to test defences with",
            .details =
                "word and sentence add poisoned copies of training texts, labelled as the target, "
                "and train all weights. ep (embedding poisoning) trains only the trigger's row of "
                "the word embeddings of a fine-tuned classifier and keeps the row's norm. The "
                "training defaults depend on --kind.",
            .example =
                "finemix attack --kind word --trigger cf --pretrained bert --data train.tsv \\\n"
                "  --output suspect",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Attack");
  // Bound before the training options: they override what the kind brings.
  table.choice(
      "kind", {"word", "sentence", "ep"},
      [&attack](const std::string& name) {
        attack.kind = parse_attack_kind(name);
        attack.training = default_training(attack.kind);
        attack.poison_rate = default_poison_rate(attack.kind);
      },
      [&attack] { return std::string(attack_kind_name(attack.kind)); }, "how the backdoor is made");
  table.texts("trigger", "TEXT", &attack.triggers,
              "trigger word, or sentence with --kind sentence; several may be given, one is drawn "
              "for each text. Without it the reference triggers of the kind are used");
  table.integer("target-label", "N", &attack.target_label, std::int64_t{0}, std::int64_t{1'000'000},
                "label that triggered texts are put into");
  table.number("poison-rate", "R", &attack.poison_rate, 0, 1,
               "share of the texts of other labels of which a poisoned copy is added");
  table.flag("data-only", &options->data_only,
             "write the poisoned data to --output, a file, and train nothing");
  table.group("Files");
  bind_pretrained(table, &options->pretrained);
  table.text("model", "DIR", &options->model, "a fine-tuned classifier to start from instead");
  table.text("data", "FILE", &options->data, "labelled texts to poison (TSV, CSV or JSON lines)");
  bind_output(table, &options->output, &options->run.overwrite,
              "where the backdoored classifier is written");
  table.require({"data", "output"});
  bind_training(table, &attack.training);
  bind_run(table, &options->run);

  verb.run = [options](Console& console) {
    check_start(*options);
    const AttackRecord record = run_attack(*options, console.progress());
    console.result(to_json(record),
                   summary(record, console.color()) + "Written to " + options->output + "\n");
  };
  return verb;
}

}  // namespace finemix
