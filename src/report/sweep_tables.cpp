#include "finemix/report/sweep_tables.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kShortName = 20;
constexpr std::size_t kShortAttack = 10;
constexpr std::size_t kMostShownLabels = 6;
constexpr const char* kNone = "–";

bool is_empty(const Cell& cell) { return cell.text.empty() || cell.text == kNone; }

Cell or_none(std::string text, Style style = Style::kPlain) {
  return text == kNone ? Cell{kNone, Style::kDim} : Cell{std::move(text), style};
}

// A table of what has a cell in at least one row, or was asked for.
class Columns {
 public:
  void add(std::string title, Align align, bool always = false) {
    columns_.push_back({std::move(title), align});
    always_.push_back(always);
  }
  void add_row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }

  Table table() const {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool filled = std::ranges::any_of(
          rows_, [&](const auto& row) { return i < row.size() && !is_empty(row[i]); });
      if (filled || always_[i]) kept.push_back(i);
    }
    std::vector<Table::Column> columns;
    for (const std::size_t i : kept) columns.push_back(columns_[i]);
    Table table(std::move(columns));
    for (const auto& row : rows_) {
      std::vector<Cell> cells;
      for (const std::size_t i : kept) cells.push_back(i < row.size() ? row[i] : Cell{});
      table.add_row(std::move(cells));
    }
    return table;
  }

 private:
  std::vector<Table::Column> columns_;
  std::vector<bool> always_;
  std::vector<std::vector<Cell>> rows_;
};

std::string name_text(const std::string& name, Detail detail) {
  return detail == Detail::kFull ? printable(name) : fit(printable(name), kShortName);
}

Cell rho_cell(const Variant& variant, const std::optional<RhoRange>& chosen) {
  if (variant.rho) return {plain_number(*variant.rho)};
  if (!chosen) return or_none(kNone);
  const std::string low = plain_number(chosen->low);
  return {"auto: " + low +
          (chosen->high > chosen->low ? "–" + plain_number(chosen->high) : std::string())};
}

Cell epur_cell(const Variant& variant) { return {variant.epur ? "yes" : ""}; }

std::string interval_text(const Rate& rate) { return percent(rate.low) + "–" + percent(rate.high); }

Cell interval_cell(const std::optional<Spread>& mean, const std::optional<Rate>& one) {
  return {mean && one ? interval_text(mean_rate(*mean, *one)) : kNone, Style::kDim};
}

Cell rate_cell(const std::optional<Rate>& rate) {
  return or_none(rate ? percent(rate->value) : kNone);
}

Cell rate_interval_cell(const std::optional<Rate>& rate) {
  return {rate ? interval_text(*rate) : kNone, Style::kDim};
}

Cell points_cell(const std::optional<double>& difference) {
  return or_none(difference ? points(*difference) : kNone);
}

// Only the mean where there is little room.
Cell spread_cell(std::optional<Spread> spread, Detail detail,
                 std::string (*text)(const std::optional<Spread>&)) {
  if (spread && detail != Detail::kFull) spread->deviation.reset();
  return or_none(text(spread));
}

// The number of attacks too, where it is not all that the standing is of.
Cell mean_cell(std::optional<AttackMean> mean, const Standing& standing, Detail detail,
               std::string (*text)(const std::optional<Spread>&), Style style = Style::kPlain) {
  if (mean && detail != Detail::kFull) mean->deviation.reset();
  std::string shown = text(mean);
  if (mean && mean->attacks < standing.attacks) shown += " (" + std::to_string(mean->attacks) + ")";
  return or_none(std::move(shown), style);
}

// Of a subject's evaluations; none where there are too many to be read in one cell.
std::vector<std::int64_t> labels_of(const SubjectRecord& subject,
                                    const std::vector<const SeedGroup*>& groups) {
  std::set<std::int64_t> labels;
  const auto add = [&](const EvaluationRecord& record) {
    for (const LabelAccuracy& each : record.label_accuracy) labels.insert(each.label);
  };
  add(subject.before);
  for (const SeedGroup* group : groups) {
    for (const CellRecord* cell : group->cells) add(cell->after);
  }
  if (labels.size() > kMostShownLabels) return {};
  return {labels.begin(), labels.end()};
}

// "85.1 / 88.3", means over what evaluations there are.
Cell label_cell(const std::vector<std::int64_t>& labels,
                const std::vector<const EvaluationRecord*>& evaluations) {
  std::string text;
  bool known = false;
  for (const std::int64_t label : labels) {
    std::vector<double> values;
    for (const EvaluationRecord* evaluation : evaluations) {
      if (const auto own = accuracy_of_label(*evaluation, label)) values.push_back(own->value);
    }
    const std::optional<Spread> mean = spread(values);
    known = known || mean;
    text += (text.empty() ? "" : " / ") + (mean ? percent(mean->mean) : std::string(kNone));
  }
  return or_none(known ? text : kNone);
}

Cell label_cell(const std::vector<std::int64_t>& labels, const SeedGroup& group) {
  std::vector<const EvaluationRecord*> evaluations;
  for (const CellRecord* cell : group.cells) evaluations.push_back(&cell->after);
  return label_cell(labels, evaluations);
}

std::string fidelity_text(double fidelity) {
  const std::string size = fixed(std::abs(fidelity), 2);
  return (fidelity < 0 && size != "0.00" ? "−" : "") + size;
}

std::string size_text(std::int64_t size) {
  return size == 0 ? "all" : grouped(static_cast<std::uint64_t>(size));
}

std::optional<double> above_floor(const SeedGroup& group) {
  if (!group.subject->before.floor || !group.attack_success_rate) return std::nullopt;
  return group.attack_success_rate->mean - group.subject->before.floor->value;
}

// All of a trigger's word pieces reset, in how many of the runs that know it.
Cell reset_cell(const SeedGroup& group) {
  std::size_t known = 0, reset = 0;
  for (const CellRecord* cell : group.cells) {
    known += cell->trigger_reset.has_value();
    reset += cell->trigger_reset.value_or(false);
  }
  if (known == 0 || !group.variant.epur) return {};
  if (reset == known || reset == 0) return {reset == 0 ? "no" : "yes"};
  return {std::to_string(reset) + " of " + std::to_string(known)};
}

std::vector<Cell> group_row(const SeedGroup& group, Detail detail, bool several_sizes,
                            const std::vector<std::int64_t>& labels) {
  const EvaluationRecord& first = group.cells.front()->after;
  return {{name_text(group.variant.method, detail)},
          rho_cell(group.variant, group.chosen_rho),
          several_sizes ? Cell{size_text(group.variant.clean_size)} : Cell{},
          epur_cell(group.variant),
          or_none(percent_spread(group.accuracy)),
          interval_cell(group.accuracy, first.accuracy),
          label_cell(labels, group),
          or_none(percent_spread(group.attack_success_rate)),
          interval_cell(group.attack_success_rate, first.attack_success_rate),
          points_cell(above_floor(group)),
          spread_cell(group.trigger_effect, detail, points_spread),
          spread_cell(group.false_trigger_rate, detail, percent_spread),
          or_none(group.fidelity ? fidelity_text(group.fidelity->mean) : kNone),
          {p_value_text(group.p_value)},
          reset_cell(group)};
}

// Without what there is no room for: intervals, what the floor's row tells, fidelity, resets, and
// on a terminal the accuracy by label.
std::vector<Cell> shortened(std::vector<Cell> row, Detail detail) {
  if (detail == Detail::kFull) return row;
  for (const std::size_t i : {5, 6, 8, 9, 12, 14}) {
    if (i < row.size() && (i != 6 || detail == Detail::kShort)) row[i] = {};
  }
  return row;
}

std::vector<Cell> suspect_row(const SubjectRecord& subject,
                              const std::vector<std::int64_t>& labels) {
  const EvaluationRecord& before = subject.before;
  std::optional<double> above;
  if (subject.before.floor && before.attack_success_rate) {
    above = before.attack_success_rate->value - subject.before.floor->value;
  }
  return {{"as it came", Style::kBold},
          {},
          {},
          {},
          rate_cell(before.accuracy),
          rate_interval_cell(before.accuracy),
          label_cell(labels, {&before}),
          rate_cell(before.attack_success_rate),
          rate_interval_cell(before.attack_success_rate),
          points_cell(above),
          points_cell(before.trigger_effect),
          rate_cell(before.false_trigger_rate)};
}

std::vector<Cell> floor_row(const EvaluationRecord& suspect) {
  return {{"a clean model", Style::kDim},
          {},
          {},
          {},
          {},
          {},
          {},
          rate_cell(suspect.floor),
          rate_interval_cell(suspect.floor),
          {},
          {},
          rate_cell(suspect.false_trigger_floor)};
}

const SeedGroup* find_group(const std::vector<SeedGroup>& groups, const SubjectRecord& subject,
                            const Variant& variant) {
  const auto found = std::ranges::find_if(groups, [&](const SeedGroup& group) {
    return group.subject == &subject && group.variant == variant;
  });
  return found == groups.end() ? nullptr : &*found;
}

Cell worst_cell(const Standing& standing, Detail detail) {
  if (standing.worst == nullptr || !standing.worst->attack_success_rate) return {};
  const std::string attack = printable(standing.worst->subject->attack);
  return {(detail == Detail::kShort ? fit(attack, kShortAttack) : attack) + " " +
          percent(standing.worst->attack_success_rate->mean)};
}

}  // namespace

Table standing_table(const std::vector<Standing>& standings, Detail detail) {
  Columns columns;
  columns.add("", Align::kRight);
  columns.add("method", Align::kLeft, true);
  columns.add("ρ", Align::kRight);
  columns.add("E-PUR", Align::kLeft);
  columns.add("ACC lost", Align::kRight);
  columns.add("ASR, %", Align::kRight);
  columns.add("over floor", Align::kRight);
  columns.add("trigger effect", Align::kRight);
  columns.add("worst attack", Align::kLeft);
  columns.add("clean model lost", Align::kRight);
  columns.add("attacks", Align::kRight);
  const bool control_alone =
      std::ranges::all_of(standings, [](const Standing& one) { return one.attacks == 0; });
  std::size_t rank = 0;
  for (const Standing& one : standings) {
    const bool best = one.ranked && rank == 0 && allowed(one) && removes(one);
    const Style style = best ? Style::kBold : Style::kPlain;
    const bool full = detail == Detail::kFull;
    columns.add_row(
        {{one.ranked ? std::to_string(++rank) : "", Style::kDim},
         {name_text(one.variant.method, detail), style},
         rho_cell(one.variant, one.chosen_rho),
         epur_cell(one.variant),
         mean_cell(one.accuracy_drop, one, Detail::kFull, points_spread,
                   allowed(one) ? Style::kPlain : Style::kRed),
         mean_cell(one.attack_success_rate, one, Detail::kFull, percent_spread, style),
         mean_cell(one.above_floor, one, detail, points_spread),
         full ? mean_cell(one.trigger_effect, one, detail, points_spread) : Cell{},
         worst_cell(one, detail),
         full || control_alone ? or_none(points_spread(one.control_drop)) : Cell{},
         one.ranked || !full ? Cell{} : Cell{std::to_string(one.attacks), Style::kDim}});
  }
  return columns.table();
}

Table subject_table(const SubjectRecord& subject, const std::vector<SeedGroup>& groups,
                    Detail detail) {
  Columns columns;
  columns.add("method", Align::kLeft, true);
  columns.add("ρ", Align::kRight);
  columns.add("texts", Align::kRight);
  columns.add("E-PUR", Align::kLeft);
  columns.add("ACC, %", Align::kRight, true);
  columns.add("95 %", Align::kLeft);
  columns.add("ACC by label", Align::kRight);
  columns.add("ASR, %", Align::kRight);
  columns.add("95 %", Align::kLeft);
  columns.add("over floor", Align::kRight);
  columns.add(detail == Detail::kFull ? "trigger effect" : "effect", Align::kRight);
  columns.add("FTR, %", Align::kRight);
  columns.add("fidelity", Align::kRight);
  columns.add("p", Align::kRight);
  columns.add("trigger reset", Align::kLeft);
  std::vector<const SeedGroup*> own;
  for (const SeedGroup& group : groups) {
    if (group.subject == &subject) own.push_back(&group);
  }
  const std::vector<std::int64_t> labels = labels_of(subject, own);
  columns.add_row(shortened(suspect_row(subject, labels), detail));
  if (subject.before.floor) columns.add_row(shortened(floor_row(subject.before), detail));
  const bool several_sizes = std::ranges::any_of(own, [&](const SeedGroup* group) {
    return group->variant.clean_size != own.front()->variant.clean_size;
  });
  for (const SeedGroup* group : own) {
    columns.add_row(shortened(group_row(*group, detail, several_sizes, labels), detail));
  }
  return columns.table();
}

std::optional<Table> success_table(const std::vector<Standing>& standings,
                                   const std::vector<SeedGroup>& groups, const SweepRecord& sweep) {
  Columns columns;
  columns.add("method", Align::kLeft, true);
  std::vector<const SubjectRecord*> subjects;
  std::size_t attacks = 0;
  for (const SubjectRecord& subject : sweep.subjects) {
    if (standings.empty() || subject.task != standings.front().task) continue;
    if (is_control(subject) && !subject.before.attack_success_rate) continue;
    subjects.push_back(&subject);
    attacks += is_control(subject) ? 0 : 1;
    columns.add(printable(subject.attack), Align::kRight);
  }
  if (attacks < 2) return std::nullopt;
  std::vector<Cell> floors = {{"a clean model", Style::kDim}};
  for (const SubjectRecord* subject : subjects) floors.push_back(rate_cell(subject->before.floor));
  if (std::ranges::any_of(subjects,
                          [](const auto* one) { return one->before.floor.has_value(); })) {
    columns.add_row(std::move(floors));
  }
  const bool with_rho = needs_rho(standings);
  for (const Standing& one : standings) {
    std::vector<Cell> row = {{printable(variant_name(one.variant, with_rho))}};
    for (const SubjectRecord* subject : subjects) {
      const SeedGroup* group = find_group(groups, *subject, one.variant);
      const bool known = group != nullptr && group->attack_success_rate;
      row.push_back(or_none(known ? percent(group->attack_success_rate->mean) : kNone));
    }
    columns.add_row(std::move(row));
  }
  return columns.table();
}

std::string percent_spread(const std::optional<Spread>& spread) {
  if (!spread) return kNone;
  if (!spread->deviation) return percent(spread->mean);
  return percent(spread->mean) + " ± " + percent(*spread->deviation);
}

std::string points_spread(const std::optional<Spread>& spread) {
  if (!spread) return kNone;
  if (!spread->deviation) return points(spread->mean);
  return points(spread->mean) + " ± " + percent(*spread->deviation);
}

std::string variant_name(const Variant& variant, bool with_rho) {
  std::string name = variant.method;
  if (with_rho && variant.rho) name += ", ρ " + plain_number(*variant.rho);
  if (variant.epur) name += " + E-PUR";
  return name;
}

bool needs_rho(const std::vector<Standing>& standings) {
  return std::ranges::any_of(standings, [&](const Standing& one) {
    return std::ranges::any_of(standings, [&](const Standing& other) {
      return other.variant.method == one.variant.method && other.variant.rho != one.variant.rho;
    });
  });
}

}  // namespace finemix
