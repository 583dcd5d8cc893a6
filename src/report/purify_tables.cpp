#include "finemix/report/purify_tables.h"

#include <algorithm>

#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/report/suspect_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kTokenWidth = 32;

// `good_up`: whether a rise is what a defender wants.
Cell change_cell(const std::optional<double>& before, const std::optional<double>& after,
                 bool good_up) {
  if (!before || !after) return {"–", Style::kDim};
  const double change = *after - *before;
  const std::string text = points(change);
  if (text == "0.0") return {text};
  return {text, (change > 0) == good_up ? Style::kGreen : Style::kRed};
}

}  // namespace

std::vector<Cell> rate_cells(const std::optional<Rate>& rate) {
  if (!rate) return {{"–", Style::kDim}, {}};
  return {{percent(rate->value)}, {percent(rate->low) + "–" + percent(rate->high), Style::kDim}};
}

Cell effect_cell(const std::optional<double>& effect) {
  return effect ? Cell{points(*effect)} : Cell{"–", Style::kDim};
}

void append_cells(std::vector<Cell>& row, const std::vector<Cell>& cells) {
  row.insert(row.end(), cells.begin(), cells.end());
}

std::string label_row(const LabelAccuracy& each) {
  return "  of label " + std::to_string(each.label);
}

Table figures_table(const EvaluationRecord& record) {
  Table table({{""},
               {"rate, %", Align::kRight},
               {"95 % interval"},
               {"correct", Align::kRight},
               {"of", Align::kRight}});
  const auto add = [&](const char* name, const std::optional<Rate>& rate) {
    std::vector<Cell> row = {{name}};
    append_cells(row, rate_cells(rate));
    if (rate) append_cells(row, {{grouped(rate->correct)}, {grouped(rate->total)}});
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
  return table;
}

bool anything_measured(const PurifyRecord& record) {
  return record.before.accuracy || record.before.attack_success_rate || record.estimated;
}

Table before_after_table(const PurifyRecord& record) {
  const EvaluationRecord& before = record.before;
  const EvaluationRecord& after = record.after;
  Table table({{""},
               {"before", Align::kRight},
               {""},
               {"after", Align::kRight},
               {""},
               {"change", Align::kRight}});
  const auto add = [&](const char* name, const std::optional<Rate>& from,
                       const std::optional<Rate>& to, bool good_up) {
    std::vector<Cell> row = {{name}};
    append_cells(row, rate_cells(from));
    append_cells(row, rate_cells(to));
    row.push_back(change_cell(value_of(from), value_of(to), good_up));
    table.add_row(row);
  };
  add("accuracy", before.accuracy, after.accuracy, true);
  for (const LabelAccuracy& each : before.label_accuracy) {
    add(label_row(each).c_str(), each.accuracy, accuracy_of_label(after, each.label), true);
  }
  if (record.estimated) {
    add("estimated success", record.estimated->before.asr, finemix::after(*record.estimated).asr,
        false);
  }
  // Beside an estimate nobody misses what needs a known attack.
  if (record.estimated && !before.attack_success_rate) return table;
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
  return table;
}

Table rho_curve_table(const PurifyRecord& record) {
  const bool estimated = std::ranges::any_of(
      record.rho_curve, [](const RhoPoint& point) { return point.estimated_asr.has_value(); });
  std::vector<Table::Column> columns = {{"ρ"}, {"accuracy, %", Align::kRight}, {""}};
  if (estimated) {
    columns.push_back({"estimated ASR, %", Align::kRight});
    columns.push_back({""});
  }
  columns.push_back({""});
  Table table(std::move(columns));
  for (const RhoPoint& point : record.rho_curve) {
    const bool chosen = point.rho == record.rho;
    std::vector<Cell> row = {{plain_number(point.rho), chosen ? Style::kBold : Style::kPlain}};
    append_cells(row, rate_cells(point.accuracy));
    if (estimated) append_cells(row, rate_cells(point.estimated_asr));
    if (chosen) row.push_back({"← chosen", Style::kBold});
    table.add_row(row);
  }
  if (record.suspect_accuracy) {
    std::vector<Cell> row = {{"suspect", Style::kDim}};
    append_cells(row, rate_cells(record.suspect_accuracy));
    table.add_row(row);
  }
  return table;
}

Table epur_table(const EpurRecord& record, std::size_t rows) {
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
  return table;
}

Table stages_table(const std::map<std::string, double>& seconds) {
  Table table({{"stage"}, {"time", Align::kRight}});
  for (const auto& [stage, time] : seconds) table.add_row({{stage}, {duration(time)}});
  return table;
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string kept_share(const MixRecord& record) {
  if (record.select == "weight-average") return grouped(record.total) + " weights averaged";
  return grouped(record.kept) + " of " + grouped(record.total) + " weights kept (" +
         percent(share_of(record.kept, record.total)) + " %)";
}

std::string attack_sentence(const PurifyRecord& record) {
  if (!record.attack) return "";
  const MeasuredAttack& attack = *record.attack;
  std::string text = "Attack measured: ";
  if (attack.triggers.empty()) {
    text += "texts that carry the trigger";
  } else {
    const bool set = attack.trigger_kind == "word-set";
    text += set ? "all of " : printable(attack.trigger_kind) + " trigger ";
    for (std::size_t i = 0; i < attack.triggers.size(); ++i) {
      text += (i == 0 ? "“" : set ? ", “" : " or “") + printable(attack.triggers[i]) + "”";
    }
  }
  return text + ", target label " + std::to_string(attack.target_label);
}

std::string estimate_sentence(const PurifyRecord& record) {
  if (!record.estimated) return "";
  const auto found = [](const AsrEstimate& estimate) {
    if (estimate.candidates == 0) {
      return "not estimated" + unsearched_text(estimate.unsearched_labels);
    }
    return (estimate.asr ? rate_text(*estimate.asr) : std::string("no trigger was found")) + ", " +
           search_text(estimate.candidates, estimate.texts, estimate.text_source) +
           unsearched_text(estimate.unsearched_labels);
  };
  const std::optional<Rate>& again = record.estimated->remeasured.asr;
  return "Estimated success is that of the strongest trigger that could be found. In the "
         "suspect: " +
         found(record.estimated->before) + "." +
         (again ? " What was found there reaches " + rate_text(*again) + " in the purified model."
                : std::string()) +
         " A fresh search in the purified model: " + found(record.estimated->fresh);
}

std::string floor_sentence(const EvaluationRecord& record) {
  if (!record.floor) return "";
  std::string text =
      "A clean model puts " + rate_text(*record.floor) + " of the same texts into the target label";
  if (record.false_trigger_floor) {
    text +=
        ", and " + rate_text(*record.false_trigger_floor) + " of those with a part of the trigger";
  }
  return text;
}

std::string reset_rows(const EpurRecord& record) {
  return "E-PUR reset " + grouped(record.reset_count) + " of " + grouped(record.row_count) +
         " embedding rows";
}

}  // namespace finemix
