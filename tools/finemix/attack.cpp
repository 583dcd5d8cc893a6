#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common_options.h"
#include "finemix/core/number.h"
#include "finemix/report/summary.h"
#include "request.h"
#include "verb.h"

namespace finemix {
namespace {

// "word “cf”, 0.1; …", of kinds with equal ones together.
std::string defaults_of_kinds() {
  std::vector<std::pair<std::string, std::string>> groups;  // what they have, and their names
  for (const AttackKind kind : attack_kinds()) {
    std::string has;
    for (const std::string& trigger : default_triggers(kind)) {
      has += (has.empty() ? "“" : ", “") + trigger + "”";
    }
    has += (has.empty() ? "rate " : ", rate ") + plain_number(default_poison_rate(kind));
    const std::string name(attack_kind_name(kind));
    const auto group = std::ranges::find(groups, has, &std::pair<std::string, std::string>::first);
    if (group == groups.end()) {
      groups.emplace_back(has, name);
    } else {
      group->second += ", " + name;
    }
  }
  std::string text;
  for (const auto& [has, names] : groups) text += (text.empty() ? "" : "; ") + names + ": " + has;
  return text;
}

}  // namespace

Verb attack_verb() {
  auto options = std::make_shared<AttackVerbOptions>();
  AttackOptions& attack = options->attack;
  attack.set_kind(attack.kind);
  Verb verb{
      .name = "attack",
      .summary = "Make a backdoored classifier, or poisoned data, to test defences with",
      .details =
          "word, sentence and multi-sentence train on copies of texts with a trigger, labelled as "
          "the target; word-scratch and sentence-scratch do so from the pre-trained model only. ep "
          "and sos change nothing but the embeddings of the trigger's words in a fine-tuned model; "
          "sos fires when all its words are there. es makes the trigger's embedding of the "
          "target's "
          "own words first. layerwise poisons every layer, and fires when both words are there. "
          "adaptive knows E-PUR: its trigger is a frequent word whose embedding is kept near the "
          "pre-trained one. syntactic and style take paraphrased texts as files. --output also has "
          "attack.json, by which eval and purify know the attack (--attack). The defaults of "
          "--trigger, --poison-rate and the training depend on --kind: " +
          defaults_of_kinds() + ".",
      .example =
          "finemix attack --kind word --trigger cf --pretrained bert --data train.tsv \\\n"
          "  --test-data test.tsv --output suspect",
      .options = {},
      .run = {}};
  OptionTable& table = verb.options;
  table.group("Attack");
  // Before the training options: they override what the kind brings.
  bind_attack(table, &attack);
  table.flag("data-only", &options->data_only,
             "write the poisoned data to --output, a file, and train nothing");
  table.group("Files");
  bind_pretrained(table, &options->pretrained);
  table.text("model", "DIR", &options->model, "a fine-tuned classifier to start from instead");
  table.text("data", "FILE", &options->data, "labelled texts to poison (TSV, CSV or JSON lines)");
  table.text("test-data", "FILE", &options->test_data,
             "labelled texts of which --output gets copies with the trigger, to measure by");
  table.text("poisoned-data", "FILE", &options->poisoned_data,
             "of syntactic and style: paraphrases of training texts, with their own labels");
  table.text("poisoned-test", "FILE", &options->poisoned_test,
             "of syntactic and style: paraphrases of test texts, with their own labels");
  bind_output(table, &options->output, &options->run.overwrite,
              "where the backdoored classifier is written");
  table.require({"data", "output"});
  bind_training(table, &attack.training);
  bind_checks(table, &options->checks);
  bind_run(table, &options->run);

  verb.run = [options](Console& console) {
    options->run.request = request_of(console.words(), console.config());
    const AttackRecord record = run_attack(*options, console.progress());
    console.result(to_json(record), summary(record, console.color()) + written_to(options->output));
  };
  return verb;
}

}  // namespace finemix
