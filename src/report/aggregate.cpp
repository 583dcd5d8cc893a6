#include "finemix/report/aggregate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace finemix {
namespace {

// The spread of what `value` gives for each of the cells.
template <typename F>
std::optional<Spread> over(const std::vector<const CellRecord*>& cells, F value) {
  std::vector<std::optional<double>> values;
  values.reserve(cells.size());
  for (const CellRecord* cell : cells) values.push_back(value(*cell));
  return spread(values);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void widen(std::optional<RhoRange>& range, const std::optional<RhoRange>& other) {
  if (!other) return;
  if (!range) range = other;
  range->low = std::min(range->low, other->low);
  range->high = std::max(range->high, other->high);
}

void add_figures(SeedGroup& group) {
  // A method that has none keeps all.
  const auto [low, high] = std::ranges::minmax(group.cells, {}, &CellRecord::rho);
  if (!group.variant.rho && low->rho < 1) group.chosen_rho = {low->rho, high->rho};
  group.accuracy = over(group.cells, [](const auto& c) { return value_of(c.after.accuracy); });
  group.attack_success_rate =
      over(group.cells, [](const auto& c) { return value_of(c.after.attack_success_rate); });
  group.trigger_effect = over(group.cells, [](const auto& c) { return c.after.trigger_effect; });
  group.false_trigger_rate =
      over(group.cells, [](const auto& c) { return value_of(c.after.false_trigger_rate); });
  group.fidelity =
      over(group.cells, [&](const auto& c) { return fidelity(group.subject->before, c.after); });
  std::vector<double> p_values;
  for (const CellRecord* cell : group.cells) p_values.push_back(cell->mcnemar.p_value);
  group.p_value = median(std::move(p_values));
}

// A cell's share of a mean over attacks.
using CellValue = std::optional<double> (*)(const SubjectRecord&, const CellRecord&);

std::optional<double> drop(const SubjectRecord& subject, const CellRecord& cell) {
  if (!subject.before.accuracy || !cell.after.accuracy) return std::nullopt;
  return subject.before.accuracy->value - cell.after.accuracy->value;
}

std::optional<double> accuracy(const SubjectRecord&, const CellRecord& cell) {
  return value_of(cell.after.accuracy);
}

std::optional<double> success(const SubjectRecord&, const CellRecord& cell) {
  return value_of(cell.after.attack_success_rate);
}

std::optional<double> above_floor(const SubjectRecord& subject, const CellRecord& cell) {
  if (!subject.before.floor || !cell.after.attack_success_rate) return std::nullopt;
  return cell.after.attack_success_rate->value - subject.before.floor->value;
}

std::optional<double> effect(const SubjectRecord&, const CellRecord& cell) {
  return cell.after.trigger_effect;
}

// The mean over attacks, for each seed; then the spread of these over seeds. A seed for which an
// attack is missing is no other seed's peer, so that all attacks' values are taken together unless
// every seed has them all.
std::optional<AttackMean> over_attacks(const std::vector<const SeedGroup*>& groups,
                                       CellValue value) {
  std::map<std::uint64_t, std::vector<double>> by_seed;
  std::vector<double> group_means;
  for (const SeedGroup* group : groups) {
    std::vector<double> values;
    for (const CellRecord* cell : group->cells) {
      const std::optional<double> one = value(*group->subject, *cell);
      if (!one) continue;
      values.push_back(*one);
      by_seed[cell->key.seed].push_back(*one);
    }
    if (const auto all = spread(values)) group_means.push_back(all->mean);
  }
  if (group_means.empty()) return std::nullopt;
  const auto whole = [&](const auto& seed) { return seed.second.size() == group_means.size(); };
  if (!std::ranges::all_of(by_seed, whole)) {
    AttackMean mean{*spread(group_means), group_means.size()};
    mean.deviation.reset();
    return mean;
  }
  std::vector<double> seed_means;
  for (const auto& [seed, values] : by_seed) seed_means.push_back(spread(values)->mean);
  return AttackMean{*spread(seed_means), group_means.size()};
}

double success_of(const SeedGroup& group) {
  return group.attack_success_rate ? group.attack_success_rate->mean : -1;
}

Standing standing(const std::string& task, const Variant& variant,
                  const std::vector<SeedGroup>& groups) {
  Standing result;
  result.task = task;
  result.variant = variant;
  std::vector<const SeedGroup*> attacked;
  std::vector<const SeedGroup*> control;
  for (const SeedGroup& group : groups) {
    if (group.subject->task != task || group.variant != variant) continue;
    (is_control(*group.subject) ? control : attacked).push_back(&group);
    widen(result.chosen_rho, group.chosen_rho);
    if (is_control(*group.subject)) continue;
    if (result.worst == nullptr || success_of(group) > success_of(*result.worst)) {
      result.worst = &group;
    }
  }
  result.attacks = attacked.size();
  result.accuracy = over_attacks(attacked, accuracy);
  result.accuracy_drop = over_attacks(attacked, drop);
  result.attack_success_rate = over_attacks(attacked, success);
  result.above_floor = over_attacks(attacked, above_floor);
  result.trigger_effect = over_attacks(attacked, effect);
  result.control_drop = over_attacks(control, drop);
  return result;
}

}  // namespace

std::optional<Spread> spread(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  Spread result;
  result.count = values.size();
  const auto count = static_cast<double>(values.size());
  for (const double value : values) result.mean += value;
  result.mean /= count;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / (count - 1));
  return result;
}

std::optional<Spread> spread(std::span<const std::optional<double>> values) {
  std::vector<double> known;
  for (const auto& value : values) {
    if (value) known.push_back(*value);
  }
  return spread(known);
}

std::vector<SeedGroup> seed_groups(const SweepRecord& sweep) {
  std::vector<SeedGroup> groups;
  std::map<std::string, std::size_t> places;
  for (const CellRecord& cell : sweep.cells) {
    CellKey key = cell.key;
    key.seed = 0;
    const auto [place, fresh] = places.emplace(cell_name(key), groups.size());
    if (fresh) {
      const auto subject = std::ranges::find_if(sweep.subjects, [&](const SubjectRecord& one) {
        return one.task == key.task && one.attack == key.attack;
      });
      if (subject == sweep.subjects.end()) {
        places.erase(place);  // a cell of nothing that could be compared with
        continue;
      }
      groups.push_back({.subject = &*subject,
                        .variant = {key.method, key.rho, key.epur, key.clean_size},
                        .cells = {},
                        .chosen_rho = {},
                        .accuracy = {},
                        .attack_success_rate = {},
                        .trigger_effect = {},
                        .false_trigger_rate = {},
                        .fidelity = {}});
    }
    groups[place->second].cells.push_back(&cell);
  }
  for (SeedGroup& group : groups) add_figures(group);
  return groups;
}

std::int64_t compared_size(const std::vector<SeedGroup>& groups, const std::string& task) {
  std::vector<std::pair<std::int64_t, std::size_t>> sizes;
  for (const SeedGroup& group : groups) {
    if (group.subject->task != task) continue;
    auto size = std::ranges::find(sizes, group.variant.clean_size,
                                  &std::pair<std::int64_t, std::size_t>::first);
    if (size == sizes.end()) size = sizes.insert(size, {group.variant.clean_size, 0});
    size->second += group.cells.size();
  }
  const auto most =
      std::ranges::max_element(sizes, {}, &std::pair<std::int64_t, std::size_t>::second);
  return most == sizes.end() ? 0 : most->first;
}

Rate mean_rate(const Spread& mean, const Rate& one) {
  const double correct = std::round(mean.mean * static_cast<double>(one.total));
  return wilson_rate(std::min(static_cast<std::uint64_t>(correct), one.total), one.total);
}

std::vector<Standing> standings(const std::vector<SeedGroup>& groups, const std::string& task) {
  const std::int64_t size = compared_size(groups, task);
  std::vector<Standing> result;
  for (const SeedGroup& group : groups) {
    if (group.subject->task != task || group.variant.clean_size != size) continue;
    if (std::ranges::find(result, group.variant, &Standing::variant) != result.end()) continue;
    result.push_back(standing(task, group.variant, groups));
  }
  std::erase_if(result, [](const Standing& one) { return one.attacks == 0 && !one.control_drop; });
  std::erase_if(result, [all = result](const Standing& one) {
    return std::ranges::any_of(all, [&](const Standing& other) {
      return other.variant.method == one.variant.method && other.variant.epur == one.variant.epur &&
             other.attacks > one.attacks;
    });
  });
  std::size_t most = 0;
  for (const Standing& one : result) most = std::max(most, one.attacks);
  for (Standing& one : result) one.ranked = one.attacks == most && one.attack_success_rate;
  const auto place = [](const Standing& one) {
    return std::tuple(!one.ranked, !allowed(one),
                      one.attack_success_rate ? one.attack_success_rate->mean : 2.0);
  };
  std::ranges::stable_sort(result, {}, place);
  return result;
}

bool allowed(const Standing& standing) {
  // A drop of two points is two points, however a binary fraction has it.
  constexpr double kRounding = 1e-9;
  return standing.accuracy_drop && standing.accuracy_drop->mean <= kAllowedDrop + kRounding;
}

bool removes(const Standing& standing) {
  constexpr double kNearFloor = 0.1;
  constexpr double kMostGone = 0.3;
  return standing.above_floor ? standing.above_floor->mean <= kNearFloor
                              : standing.attack_success_rate->mean <= kMostGone;
}

std::vector<std::string> tasks(const SweepRecord& sweep) {
  std::vector<std::string> names;
  for (const SubjectRecord& subject : sweep.subjects) {
    if (std::ranges::find(names, subject.task) == names.end()) names.push_back(subject.task);
  }
  return names;
}

bool is_control(const SubjectRecord& subject) { return subject.attack == kCleanControl; }

}  // namespace finemix
