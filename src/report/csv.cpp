#include "finemix/report/csv.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "finemix/core/number.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

// https://owasp.org/www-community/attacks/CSV_Injection
std::string text_field(const std::string& text) {
  constexpr std::string_view kFormula = "=+-@\t\r";
  const bool formula = !text.empty() && kFormula.find(text.front()) != std::string_view::npos;
  const std::string safe = formula ? "'" + text : text;
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string number_field(const std::optional<double>& number) {
  return number ? plain_number(*number) : "";
}

std::string truth_field(const std::optional<bool>& value) {
  return !value ? "" : *value ? "true" : "false";
}

using Row = std::vector<std::pair<std::string, std::string>>;  // column and field

void add_rate(Row& row, const std::string& name, const std::optional<Rate>& rate) {
  const auto field = [&](double Rate::*member) {
    return number_field(rate ? std::optional((*rate).*member) : std::nullopt);
  };
  const auto count = [&](std::uint64_t Rate::*member) {
    return rate ? std::to_string((*rate).*member) : std::string();
  };
  row.emplace_back(name, field(&Rate::value));
  row.emplace_back(name + "_low", field(&Rate::low));
  row.emplace_back(name + "_high", field(&Rate::high));
  row.emplace_back(name + "_correct", count(&Rate::correct));
  row.emplace_back(name + "_total", count(&Rate::total));
}

using Labels = std::set<std::int64_t>;

Labels labels_of(const SweepRecord& sweep) {
  Labels labels;
  for (const CellRecord& cell : sweep.cells) {
    for (const LabelAccuracy& each : cell.after.label_accuracy) labels.insert(each.label);
  }
  return labels;
}

Row row_of(const CellRecord& cell, const SubjectRecord& subject, const Labels& labels) {
  const EvaluationRecord& before = subject.before;
  Row row = {{"task", text_field(cell.key.task)},
             {"attack", text_field(cell.key.attack)},
             {"method", text_field(cell.key.method)},
             {"rho", number_field(cell.key.rho)},
             {"epur", truth_field(cell.key.epur)},
             {"clean_size", std::to_string(cell.key.clean_size)},
             {"seed", std::to_string(cell.key.seed)},
             {"rho_used", plain_number(cell.rho)},
             {"accuracy_before", number_field(value_of(before.accuracy))},
             {"attack_success_rate_before", number_field(value_of(before.attack_success_rate))},
             {"trigger_effect_before", number_field(before.trigger_effect)},
             {"attack_success_rate_floor", number_field(value_of(before.floor))},
             {"false_trigger_rate_floor", number_field(value_of(before.false_trigger_floor))}};
  add_rate(row, "accuracy", cell.after.accuracy);
  add_rate(row, "attack_success_rate", cell.after.attack_success_rate);
  row.emplace_back("trigger_effect", number_field(cell.after.trigger_effect));
  add_rate(row, "false_trigger_rate", cell.after.false_trigger_rate);
  row.emplace_back("fidelity", number_field(fidelity(before, cell.after)));
  row.emplace_back("mcnemar_before_only", std::to_string(cell.mcnemar.before_only));
  row.emplace_back("mcnemar_after_only", std::to_string(cell.mcnemar.after_only));
  row.emplace_back("mcnemar_p_value", plain_number(cell.mcnemar.p_value));
  row.emplace_back("reset_rows", std::to_string(cell.reset_rows));
  row.emplace_back("trigger_reset", truth_field(cell.trigger_reset));
  row.emplace_back("steps", std::to_string(cell.steps));
  row.emplace_back("predictions_sha256", text_field(cell.predictions_sha256));
  for (const std::int64_t label : labels) {
    row.emplace_back("accuracy_label_" + std::to_string(label),
                     number_field(value_of(accuracy_of_label(cell.after, label))));
  }
  return row;
}

std::string line(const Row& row, std::string Row::value_type::*part) {
  std::string text;
  for (const auto& field : row) text += (&field == &row.front() ? "" : ",") + field.*part;
  return text + "\r\n";
}

}  // namespace

std::string csv(const SweepRecord& sweep) {
  const Labels labels = labels_of(sweep);
  // The names of the columns are those of any row.
  std::string text = line(row_of({}, {}, labels), &Row::value_type::first);
  for (const CellRecord& cell : sweep.cells) {
    const auto subject = std::ranges::find_if(sweep.subjects, [&](const SubjectRecord& one) {
      return one.task == cell.key.task && one.attack == cell.key.attack;
    });
    text += line(row_of(cell, subject == sweep.subjects.end() ? SubjectRecord{} : *subject, labels),
                 &Row::value_type::second);
  }
  return text;
}

}  // namespace finemix
