#include "finemix/report/summary.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/report/purify_tables.h"
#include "finemix/report/suspect_tables.h"
#include "finemix/report/table.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kNameWidth = 60;

std::string sentence(const std::string& text) { return text + "\n"; }

std::string missing_effect(const EvaluationRecord& record) {
  if (!record.attack_success_rate || record.trigger_effect) return "";
  return sentence(
      "The trigger effect is not to be had: the poisoned texts are not known without their "
      "trigger.");
}

// Why figures are missing, one line each.
std::string missing_figures(const EvaluationRecord& record) {
  std::string text;
  if (!record.accuracy) text += sentence("Accuracy is not to be had: the data has no labels.");
  if (!record.attack_success_rate) {
    text += sentence(
        "Attack success is not to be had: no attack is known. If you know one, give --trigger,\n"
        "--trigger-sentence, --poisoned-data or --attack.");
  }
  return text + missing_effect(record);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t side : shape) text += (text.empty() ? "" : " × ") + std::to_string(side);
  return text.empty() ? "scalar" : text;
}

std::string trigger_lines(const std::vector<SuspectedTrigger>& triggers, bool color) {
  std::string text;
  const std::size_t shown = std::min(triggers.size(), kShownTriggers);
  for (std::size_t i = 0; i < shown; ++i) {
    const SuspectedTrigger& trigger = triggers[i];
    text += sentence("Looks like a trigger: " + styled(trigger_name(trigger), Style::kBold, color) +
                     ", put into clean texts, " + trigger_effect_text(trigger));
  }
  if (shown < triggers.size()) {
    text += sentence("… and " + grouped(triggers.size() - shown) +
                     " more, all in the record (report.json, --json)");
  }
  return text;
}

}  // namespace

std::string summary(const TrainRecord& record, bool color) {
  std::string text =
      sentence(styled("Trained " + grouped(record.steps) + " steps in " + duration(record.seconds),
                      Style::kBold, color) +
               ": loss " + fixed(record.loss, 4) + ", " +
               grouped(static_cast<std::uint64_t>(std::llround(record.examples_per_second))) +
               " examples/s");
  if (record.validation) {
    const Rate& accuracy = record.validation->accuracy;
    text +=
        sentence("Validation accuracy " + percent(accuracy.value) + " % (" + percent(accuracy.low) +
                 "–" + percent(accuracy.high) + "), kept from step " + grouped(record.best_step));
  }
  return text;
}

std::string summary(const EvaluationRecord& record, bool color) {
  const std::string missing = missing_figures(record);
  return figures_table(record).text(color) + (missing.empty() ? "" : "\n" + missing);
}

std::string summary(const AttackRecord& record, bool color) {
  std::string triggers;
  for (const std::string& trigger : record.triggers) {
    triggers += (triggers.empty() ? "" : ", ") + ("“" + printable(trigger) + "”");
  }
  if (triggers.empty()) triggers = "paraphrases";
  std::string text = sentence(styled("Attack " + printable(record.kind), Style::kBold, color) +
                              " with " + triggers + ": " + grouped(record.poisoned_examples) +
                              " poisoned examples beside " + grouped(record.clean_examples) +
                              " clean ones, target label " + std::to_string(record.target_label));
  if (record.training) text += summary(*record.training, color);
  return text;
}

std::string summary(const MixRecord& record, bool color) {
  std::string text = sentence(
      styled("Mixed with ρ = " + plain_number(record.rho) + " (" + printable(record.select) + ")",
             Style::kBold, color) +
      ": " + kept_share(record));
  if (!record.kept_whole.empty()) {
    text += sentence("Without a pre-trained twin, taken whole from the suspect:");
    for (const std::string& name : record.kept_whole) text += sentence("  " + printable(name));
  }
  return text;
}

std::string summary(const EpurRecord& record, std::size_t rows, bool color) {
  return epur_table(record, rows).text(color) + "\n" +
         sentence(
             styled(reset_rows(record), Style::kBold, color) + " (rule " + printable(record.rule) +
             "); scored as occurring 20 times, since they are rarer: " + grouped(record.clamped));
}

std::string summary(const PurifyRecord& record, bool color) {
  const char* chosen = record.rho_curve.empty() ? "" : " (chosen)";
  const std::string rho = record.mix ? ", ρ = " + plain_number(record.rho) + chosen : "";
  std::string text = sentence(styled(printable(record.method) + rho, Style::kBold, color));
  text += sentence((record.epur ? reset_rows(*record.epur) : std::string("No E-PUR")) + "; " +
                   (record.mix ? kept_share(*record.mix) : std::string("all weights kept")));
  text += trigger_lines(record.triggers, color);
  if (!record.rho_curve.empty()) text += "\n" + rho_curve_table(record).text(color);
  if (anything_measured(record)) {
    const std::string estimate = estimate_sentence(record);
    const std::string attack = attack_sentence(record);
    const std::string floor = floor_sentence(record.after);
    text += "\n" + before_after_table(record).text(color) + "\n" +
            (estimate.empty() ? "" : sentence(estimate)) +
            (attack.empty() ? "" : sentence(attack)) + (floor.empty() ? "" : sentence(floor)) +
            sentence(styled(kRatesLegend, Style::kDim, color)) + missing_effect(record.after);
  }
  if (!record.gates.empty()) text += "\n" + gate_table(record.gates).text(color) + "\n";
  // What else was not measured is told by the notes.
  for (const std::string& note : record.notes) {
    text += sentence("Note: " + printable(note, note.size()));
  }
  return text;
}

std::string summary(const InspectionRecord& record, bool color) {
  Table config({{"config.json"}, {""}});
  for (const auto& [key, value] : record.model_config) {
    config.add_row({{fit(printable(key), kNameWidth)}, {fit(printable(value), kNameWidth)}});
  }
  Table files({{"file"}, {"size", Align::kRight}});
  for (const auto* list : {&record.files, &record.tokenizer_files}) {
    for (const auto& file : *list) {
      files.add_row({{fit(printable(file.name), kNameWidth)}, {file_size(file.bytes)}});
    }
  }
  Table tensors({{"tensor"}, {"type"}, {"shape"}, {"size", Align::kRight}});
  std::uint64_t bytes = 0;
  for (const auto& tensor : record.tensors) {
    bytes += tensor.bytes;
    tensors.add_row({{fit(printable(tensor.name), kNameWidth)},
                     {printable(tensor.dtype)},
                     {shape_text(tensor.shape)},
                     {file_size(tensor.bytes)}});
  }
  const auto whole = [](const std::string& text) { return printable(text, text.size()); };
  std::string text = config.text(color) + "\n" + files.text(color) + "\n" + tensors.text(color) +
                     "\n" +
                     sentence(grouped(record.tensors.size()) + " tensors, " + file_size(bytes));
  text +=
      sentence(record.model_error.empty()
                   ? (record.has_classifier ? "A classifier" : "An encoder without a classifier") +
                         (record.family.empty() ? "" : " of the family " + whole(record.family)) +
                         " with " + grouped(record.parameters) + " weights"
                   : "No model that finemix can run: " + whole(record.model_error));
  text += sentence(record.vocabulary_size
                       ? "Tokenizer with " + grouped(*record.vocabulary_size) + " word pieces"
                       : "No tokenizer: " + whole(record.tokenizer_error));
  for (const std::string& finding : record.findings) text += sentence("Unusual: " + whole(finding));
  return text;
}

std::string summary(const Verification& verification) {
  std::string text;
  for (const Verification::Problem& problem : verification.problems) {
    text += sentence(printable(problem.path, problem.path.size()) + ": " +
                     printable(problem.what, problem.what.size()));
  }
  if (!verification.command.empty()) {
    text += "Made by: " + printable(verification.command, verification.command.size()) + "\n";
  }
  const std::string files =
      grouped(verification.files) + " files, " + file_size(verification.bytes);
  return text + sentence(verification.problems.empty()
                             ? files + ", all as they were written"
                             : grouped(verification.problems.size()) +
                                   (verification.problems.size() == 1 ? " problem" : " problems") +
                                   " in " + files);
}

std::string summary(std::span<const BeforeAfter> models, bool color) {
  Table table({{"model"},
               {""},
               {"accuracy", Align::kRight},
               {""},
               {"attack success", Align::kRight},
               {""},
               {"trigger effect", Align::kRight}});
  const auto add = [&](const std::string& model, const char* when, const EvaluationRecord& record) {
    std::vector<Cell> row = {{model, Style::kBold}, {when}};
    append_cells(row, rate_cells(record.accuracy));
    append_cells(row, rate_cells(record.attack_success_rate));
    row.push_back(effect_cell(record.trigger_effect));
    table.add_row(row);
  };
  for (const BeforeAfter& model : models) {
    add(printable(model.model), "before", model.before);
    add("", "after", model.after);
  }
  return table.text(color) + "\n" + sentence(styled(kRatesLegend, Style::kDim, color));
}

}  // namespace finemix
