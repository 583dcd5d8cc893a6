#include "finemix/report/summary.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/report/table.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr const char* kLegend = "Rates in % with their 95 % intervals (Wilson); changes in points.";
constexpr std::size_t kTokenWidth = 32;
constexpr std::size_t kNameWidth = 60;
constexpr std::size_t kShownTriggers = 8;

std::string sentence(const std::string& text) { return text + "\n"; }

// The value and the interval of a rate, as two cells.
std::vector<Cell> rate_cells(const std::optional<Rate>& rate) {
  if (!rate) return {{"–", Style::kDim}, {}};
  return {{percent(rate->value)}, {percent(rate->low) + "–" + percent(rate->high), Style::kDim}};
}

Cell effect_cell(const std::optional<double>& effect) {
  return effect ? Cell{points(*effect)} : Cell{"–", Style::kDim};
}

void append(std::vector<Cell>& row, const std::vector<Cell>& cells) {
  row.insert(row.end(), cells.begin(), cells.end());
}

// `good_up`: whether a rise is what a defender wants.
Cell change_cell(const std::optional<double>& before, const std::optional<double>& after,
                 bool good_up) {
  if (!before || !after) return {"–", Style::kDim};
  const double change = *after - *before;
  const std::string text = points(change);
  if (text == "0.0") return {text};
  return {text, (change > 0) == good_up ? Style::kGreen : Style::kRed};
}

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

std::string label_row(const LabelAccuracy& each) {
  return "  of label " + std::to_string(each.label);
}

std::optional<Rate> accuracy_of_label(const EvaluationRecord& record, std::int64_t label) {
  for (const LabelAccuracy& each : record.label_accuracy) {
    if (each.label == label) return each.accuracy;
  }
  return std::nullopt;
}

std::string figures_table(const EvaluationRecord& record, bool color) {
  Table table({{""},
               {"rate, %", Align::kRight},
               {"95 % interval"},
               {"correct", Align::kRight},
               {"of", Align::kRight}});
  const auto add = [&](const char* name, const std::optional<Rate>& rate) {
    std::vector<Cell> row = {{name}};
    append(row, rate_cells(rate));
    if (rate) append(row, {{grouped(rate->correct)}, {grouped(rate->total)}});
    table.add_row(row);
  };
  add("accuracy", record.accuracy);
  for (const LabelAccuracy& each : record.label_accuracy) {
    add(label_row(each).c_str(), each.accuracy);
  }
  add("attack success", record.attack_success_rate);
  if (record.floor) add("a clean model's rate", record.floor);
  table.add_row({{"trigger effect"}, effect_cell(record.trigger_effect)});
  if (record.false_trigger_rate) add("false triggers", record.false_trigger_rate);
  if (record.false_trigger_floor) add("a clean model's rate", record.false_trigger_floor);
  return table.text(color);
}

std::string before_after_table(const EvaluationRecord& before, const EvaluationRecord& after,
                               bool color) {
  Table table({{""},
               {"before", Align::kRight},
               {""},
               {"after", Align::kRight},
               {""},
               {"change", Align::kRight}});
  const auto add = [&](const char* name, const std::optional<Rate>& from,
                       const std::optional<Rate>& to, bool good_up) {
    std::vector<Cell> row = {{name}};
    append(row, rate_cells(from));
    append(row, rate_cells(to));
    row.push_back(change_cell(value_of(from), value_of(to), good_up));
    table.add_row(row);
  };
  add("accuracy", before.accuracy, after.accuracy, true);
  for (const LabelAccuracy& each : before.label_accuracy) {
    add(label_row(each).c_str(), each.accuracy, accuracy_of_label(after, each.label), true);
  }
  add("attack success", before.attack_success_rate, after.attack_success_rate, false);
  table.add_row({{"trigger effect"},
                 effect_cell(before.trigger_effect),
                 {},
                 effect_cell(after.trigger_effect),
                 {},
                 change_cell(before.trigger_effect, after.trigger_effect, false)});
  if (before.false_trigger_rate) {
    add("false triggers", before.false_trigger_rate, after.false_trigger_rate, false);
  }
  return table.text(color);
}

std::string rho_curve_table(const PurifyRecord& record, bool color) {
  Table table({{"ρ", Align::kRight}, {"held-out accuracy", Align::kRight}, {""}, {""}});
  for (const RhoPoint& point : record.rho_curve) {
    const bool chosen = point.rho == record.rho;
    std::vector<Cell> row = {{plain_number(point.rho), chosen ? Style::kBold : Style::kPlain}};
    append(row, rate_cells(point.accuracy));
    if (chosen) row.push_back({"← chosen", Style::kBold});
    table.add_row(row);
  }
  if (record.suspect_accuracy) {
    std::vector<Cell> row = {{"suspect", Style::kDim}};
    append(row, rate_cells(record.suspect_accuracy));
    table.add_row(row);
  }
  return table.text(color);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t side : shape) text += (text.empty() ? "" : " × ") + std::to_string(side);
  return text.empty() ? "scalar" : text;
}

std::string kept_share(const MixRecord& record) {
  if (record.select == "weight-average") return grouped(record.total) + " weights averaged";
  const double share =
      record.total == 0 ? 0 : static_cast<double>(record.kept) / static_cast<double>(record.total);
  return grouped(record.kept) + " of " + grouped(record.total) + " weights kept (" +
         percent(share) + " %)";
}

std::string floor_line(const EvaluationRecord& record) {
  if (!record.floor) return "";
  const auto share = [](const Rate& rate) {
    return percent(rate.value) + " % (" + percent(rate.low) + "–" + percent(rate.high) + ")";
  };
  std::string text =
      "A clean model puts " + share(*record.floor) + " of the same texts into the target label";
  if (record.false_trigger_floor) {
    text += ", and " + share(*record.false_trigger_floor) + " of those with a part of the trigger";
  }
  return sentence(text);
}

std::string trigger_lines(const std::vector<SuspectedTrigger>& triggers, bool color) {
  std::string text;
  const std::size_t shown = std::min(triggers.size(), kShownTriggers);
  for (std::size_t i = 0; i < shown; ++i) {
    const SuspectedTrigger& trigger = triggers[i];
    text +=
        sentence("Looks like a trigger: " + styled(printable(trigger.text), Style::kBold, color) +
                 ", put into " + grouped(trigger.flip_rate.total) + " clean texts, moved " +
                 grouped(trigger.flip_rate.correct) + " of them to label " +
                 std::to_string(trigger.target_label));
  }
  if (shown < triggers.size()) {
    text += sentence("… and " + grouped(triggers.size() - shown) + " more, all in report.json");
  }
  return text;
}

std::string reset_rows(const EpurRecord& record) {
  return "E-PUR reset " + grouped(record.reset_count) + " of " + grouped(record.rows.size()) +
         " embedding rows";
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
  return figures_table(record, color) + (missing.empty() ? "" : "\n" + missing);
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
  Table table({{"#", Align::kRight},
               {"token"},
               {"id", Align::kRight},
               {"score", Align::kRight},
               {"‖δ‖₂", Align::kRight},
               {"frequency", Align::kRight},
               {"reset"}});
  for (std::size_t i = 0; i < std::min(rows, record.rows.size()); ++i) {
    const EpurRow& row = record.rows[i];
    table.add_row(
        {{std::to_string(i + 1), Style::kDim},
         {fit(printable(row.token), kTokenWidth), row.reset ? Style::kBold : Style::kPlain},
         {std::to_string(row.id)},
         {fixed(row.score, 4)},
         {fixed(row.delta_norm, 4)},
         {grouped(row.frequency)},
         {row.reset ? "yes" : "–", row.reset ? Style::kYellow : Style::kDim}});
  }
  return table.text(color) + "\n" +
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
  if (!record.rho_curve.empty()) text += "\n" + rho_curve_table(record, color);
  if (record.before.accuracy || record.before.attack_success_rate) {
    text += "\n" + before_after_table(record.before, record.after, color) + "\n" +
            floor_line(record.after) + sentence(styled(kLegend, Style::kDim, color)) +
            missing_effect(record.after);
  }
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
  return config.text(color) + "\n" + files.text(color) + "\n" + tensors.text(color) + "\n" +
         sentence(grouped(record.tensors.size()) + " tensors, " + file_size(bytes)) +
         sentence(record.vocabulary_size
                      ? "Tokenizer with " + grouped(*record.vocabulary_size) + " word pieces"
                      : "No tokenizer: " +
                            printable(record.tokenizer_error, record.tokenizer_error.size()));
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
    append(row, rate_cells(record.accuracy));
    append(row, rate_cells(record.attack_success_rate));
    row.push_back(effect_cell(record.trigger_effect));
    table.add_row(row);
  };
  for (const BeforeAfter& model : models) {
    add(printable(model.model), "before", model.before);
    add("", "after", model.after);
  }
  return table.text(color) + "\n" + sentence(styled(kLegend, Style::kDim, color));
}

}  // namespace finemix
