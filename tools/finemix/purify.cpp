#include "finemix/pipeline/purify.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/pipeline/purify_inputs.h"
#include "finemix/report/markdown_summary.h"
#include "finemix/report/summary.h"
#include "gate_options.h"
#include "method_options.h"
#include "request.h"
#include "verb.h"

namespace finemix {
namespace {

std::string where_it_is(const PurifyOptions& options, bool written) {
  return written ? written_to(options.output, ", with report.json and report.html")
                 : "Not written, since a gate failed; --keep-failed writes it all the same\n";
}

}  // namespace

Verb purify_verb() {
  auto options = std::make_shared<PurifyOptions>();
  auto files = std::make_shared<CiFiles>();
  Verb verb{
      .name = "purify",
      .summary = "Take a backdoor out of a classifier",
      .details =
          "Resets suspicious embeddings (E-PUR), mixes the suspect's weights with the "
          "pre-trained ones (fine-mixing), teaches the mixed weights the task again, "
          "measures before and after, and writes the purified classifier with report.json "
          "and the same as a page, report.html. Where it fails a gate (--min-acc, "
          "--max-acc-drop, --max-asr) it is not written, and the exit code is 1. "
          "By default it scans the suspect first, unlearns what it finds, and learns the task "
          "from what the suspect says of further texts (--method distillation). "
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
  bind_checks(table, &options->checks);
  table.text("clean-data", "FILE", &options->clean_data,
             "clean labelled texts to fine-tune on (TSV, CSV or JSON lines); with "
             "distillation --unlabelled-data does without them");
  table.integer("clean-size", "N", &options->clean_size, std::int64_t{0}, std::int64_t{1} << 40,
                "draw this many of them, balanced over labels; 0: all");
  table.text("test-data", "FILE", &options->test_data, "labelled texts to measure on");
  bind_output(table, &options->output, &options->run.overwrite,
              "where the purified classifier is written");
  table.require({"pretrained", "backdoored", "output"});
  table.group("Gates");
  bind_min_acc(table, &options->gates);
  bind_max_asr(table, &options->gates,
               ", a share: of the known attack, or else estimated, of what convicted the "
               "suspect or convicts now, 0 where nothing does");
  table.flag("keep-failed", &options->keep_failed,
             "write a model that fails a gate; without it nothing is written then");
  bind_ci_files(table, files.get());
  table.group("Method");
  // Before the training options: they override what the method brings.
  bind_method(table, options.get());
  table.text(
      "unlabelled-data", "FILE", &options->unlabelled_data,
      "ordinary texts for distillation, a data file with or without labels; without it they are "
      "made from the clean ones. Of single texts pairs are made for a task of pairs, as the other "
      "data have them");
  table.flag("no-epur", &options->no_epur, "leave out E-PUR");
  table.flag("no-estimate", &options->no_estimate,
             "leave out the estimate of attack success where no attack is known, and of each ratio "
             "with --rho auto; distillation scans the suspect anyway");
  bind_probe(table, &options->probe);
  bind_reference(table, &options->reference);
  bind_epur(table, &options->epur, &options->frequency);
  bind_training(table, &options->training);
  bind_resume(table, &options->resume);
  bind_run(table, &options->run);

  verb.run = [options, files](Console& console) {
    options->run.request = request_of(console.words(), console.config());
    check_ci_files(*files, options->run.overwrite, input_paths(*options), options->output);
    const PurifyRecord record = run_purify(*options, console.progress());
    write_ci_files(*files, options->run.overwrite, checks_of(record), markdown(record));
    const bool passed = all_passed(record.gates);
    if (!passed) console.found_something();
    console.result(to_json(record), summary(record, console.color()) +
                                        where_it_is(*options, passed || options->keep_failed));
  };
  return verb;
}

}  // namespace finemix
