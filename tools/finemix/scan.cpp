#include "finemix/pipeline/scan.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "finemix/report/markdown_summary.h"
#include "finemix/report/scan_summary.h"
#include "gate_options.h"
#include "request.h"
#include "verb.h"

namespace finemix {

Verb scan_verb() {
  auto options = std::make_shared<ScanOptions>();
  auto gates = std::make_shared<GateBounds>();
  auto files = std::make_shared<CiFiles>();
  Verb verb{
      .name = "scan",
      .summary = "Say whether a classifier looks backdoored, without knowing a trigger",
      .details =
          "Looks for words and phrases that, put into ordinary texts, make the suspect give "
          "them one label, and that mean nothing to clean twins, made on the spot of half of its "
          "weights and what it says of ordinary texts; for embeddings that fine-tuning moved too "
          "far; and for weights, tokenizers and checkpoints that do not fit. Exit code 1 says "
          "that it is suspicious. Texts of the task make the verdict surer; labels are not "
          "needed.",
      .example = "finemix scan --pretrained bert --backdoored suspect --data texts.tsv",
      .options = {},
      .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  bind_pretrained(table, &options->pretrained);
  bind_backdoored(table, &options->backdoored);
  bind_checks(table, &options->checks);
  table.text("data", "FILE", &options->data,
             "ordinary texts of the task, with labels or without; without it texts are made from "
             "the vocabulary");
  table.flag("overwrite", &options->run.overwrite, "replace existing files");
  table.require({"pretrained", "backdoored"});
  table.group("Search");
  constexpr std::size_t kMany = 1'000'000;
  table.integer("texts", "N", &options->texts, std::size_t{16}, kMany,
                "of --data to draw, at most");
  table.integer("candidates", "N", &options->finder.search.candidates, std::size_t{1}, kMany,
                "words of each kind to try for a label");
  table.integer("words", "N", &options->finder.search.words, std::size_t{1}, std::size_t{32},
                "of a phrase, at most");
  table.integer("twin-texts", "N", &options->finder.twin_texts, std::size_t{1}, kMany,
                "that each clean twin of the suspect is taught with");
  table.integer("shown", "N", &options->shown, std::size_t{1}, std::size_t{1000},
                "suspicious words and phrases to show, at most");
  table.text("word-counts", "FILE", &options->frequency.word_counts,
             "how often word pieces occur: lines of token, tab, count; without it by their rank in "
             "the vocabulary");
  table.text("count-text", "FILE", &options->frequency.count_text,
             "any text to count word pieces in");
  table.exclusive({"word-counts", "count-text"});
  table.group("Gates");
  bind_max_asr(table, gates.get(), " that is estimated, a share, 0 where no trigger convicts");
  bind_ci_files(table, files.get());
  bind_run(table, &options->run);

  verb.run = [options, gates, files](Console& console) {
    check_ci_files(*files, options->run.overwrite,
                   {options->pretrained, options->backdoored, options->data,
                    options->frequency.word_counts, options->frequency.count_text});
    options->run.request = request_of(console.words(), console.config());
    ScanRecord record = run_scan(*options, console.progress());
    record.gates = gates_of(*gates, record);
    write_ci_files(*files, options->run.overwrite, checks_of(record), markdown(record));
    if (record.suspicious || !all_passed(record.gates)) console.found_something();
    console.result(to_json(record), summary(record, console.color()));
  };
  return verb;
}

}  // namespace finemix
