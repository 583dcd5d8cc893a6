#include "pipeline/sweep/plan.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "finemix/core/error.h"
#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/pipeline/mitigations.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

[[noreturn]] void usage_error(const std::string& message) {
  throw Error(ErrorKind::kUsage, message);
}

template <typename Item>
void check_names(const char* what, const std::vector<Item>& items) {
  if (items.empty()) usage_error("a sweep needs at least one " + std::string(what));
  std::set<std::string> known;
  for (const Item& item : items) {
    check_name(what, item.name);
    if (!known.insert(item.name).second) {
      usage_error(std::string(what) + " " + quote(item.name) +
                  " is there twice: give one of them a name");
    }
  }
}

template <typename Value>
void check_axis(const char* flag, const std::vector<Value>& values, bool may_be_empty) {
  if (values.empty() && !may_be_empty) usage_error(std::string(flag) + " is empty");
  if (std::set<Value>(values.begin(), values.end()).size() != values.size()) {
    usage_error(std::string(flag) + " holds a value twice");
  }
}

std::vector<bool> epur_choices(const std::string& epur) {
  if (epur == "both") return {false, true};
  if (epur == "with") return {true};
  if (epur == "without") return {false};
  usage_error("--epur is " + quote(epur) + ", expected both, with or without");
}

// The reserve ratios to try a method at, as `--rho` takes them; one "" for a method without any.
std::vector<std::string> rhos_of(const SweepMethod& method, const std::vector<double>& grid) {
  if (find_mitigation(method.options.method).rho.empty()) return {""};
  if (method.fixed_rho || grid.empty()) return {method.options.rho};
  std::vector<std::string> texts;
  for (const double rho : grid) texts.push_back(plain_number(rho));
  return texts;
}

std::optional<double> rho_of(const std::string& text) {
  if (text.empty() || text == "auto") return std::nullopt;
  return std::stod(text);
}

std::vector<PlannedCell> landscapes_of(const SweepOptions& options,
                                       const std::vector<PlannedCell>& cells,
                                       const std::string& attack) {
  const SweepLandscape& wanted = options.landscape;
  if (wanted.method.empty() || attack == kCleanControl) return {};
  if (!wanted.attacks.empty() &&
      std::ranges::find(wanted.attacks, attack) == wanted.attacks.end()) {
    return {};
  }
  // The first of its cells, with E-PUR where there is one with it.
  const PlannedCell* chosen = nullptr;
  for (const PlannedCell& cell : cells) {
    if (cell.key.method != wanted.method) continue;
    if (chosen == nullptr || (cell.key.epur && !chosen->key.epur)) chosen = &cell;
  }
  return chosen == nullptr ? std::vector<PlannedCell>() : std::vector{*chosen};
}

void check_attacks(const SweepOptions& options) {
  for (const SweepTask& task : options.tasks) {
    for (const std::string& attack : task.attacks) {
      if (std::ranges::find(options.attacks, attack, &SweepAttack::name) != options.attacks.end()) {
        continue;
      }
      usage_error("task " + quote(task.name) + ", attacks: the grid has no attack " +
                  quote(attack));
    }
  }
}

void check_landscape(const SweepOptions& options) {
  const SweepLandscape& wanted = options.landscape;
  if (wanted.method.empty()) return;
  if (std::ranges::find(options.grid.methods, wanted.method, &SweepMethod::name) ==
      options.grid.methods.end()) {
    usage_error("--landscape " + quote(wanted.method) + ": the grid has no such method");
  }
  if (wanted.method == kNone) {
    usage_error("--landscape none: what is not changed spans no plane with the two others");
  }
  for (const std::string& attack : wanted.attacks) {
    if (std::ranges::find(options.attacks, attack, &SweepAttack::name) == options.attacks.end()) {
      usage_error("--landscape-attacks " + quote(attack) + ": the grid has no such attack");
    }
  }
}

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, shard.index);
  const bool parted = error == std::errc() && slash != end && *slash == '/';
  const bool whole = parted && std::from_chars(slash + 1, end, shard.count) ==
                                   std::from_chars_result{end, std::errc()};
  if (!whole || shard.index < 1 || shard.index > shard.count) {
    usage_error("--shard is " + quote(text) + ", expected a part of a whole, e.g. 1/4 … 4/4");
  }
  return shard;
}

void check_name(const char* what, const std::string& name) {
  constexpr std::size_t kLongest = 64;
  const bool fit =
      !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '+';
      });
  if (fit) return;
  usage_error(std::string(what) + " " + quote(name) +
              ": a name is made of up to 64 letters, digits, '-', '_' and '+'");
}

bool is_under(const SweepTask& task, const std::string& attack) {
  return task.attacks.empty() || std::ranges::find(task.attacks, attack) != task.attacks.end();
}

PlannedSubject plan_subject(const GridOptions& grid, bool counted, const std::string& task,
                            const std::string& attack) {
  check_names("method", grid.methods);
  check_axis("--rho", grid.rho, true);
  check_axis("--clean-sizes", grid.clean_sizes, false);
  check_axis("--seeds", grid.seeds, false);
  PlannedSubject subject;
  subject.task = task;
  subject.attack = attack;
  std::vector<PlannedCell>& cells = subject.cells;
  for (const SweepMethod& method : grid.methods) {
    const bool trains = find_mitigation(method.options.method).training.has_value();
    for (const std::string& rho : rhos_of(method, grid.rho)) {
      for (const bool epur : epur_choices(grid.epur)) {
        const bool once = !trains && (!epur || counted);
        for (const std::int64_t size : grid.clean_sizes) {
          for (const std::uint64_t seed : grid.seeds) {
            PlannedCell cell{{task, attack, method.name, rho_of(rho), epur, size, seed},
                             method.options};
            cell.options.rho = rho.empty() ? method.options.rho : rho;
            cell.options.no_epur = !epur;
            cell.options.clean_size = size;
            cell.options.run.seed = seed;
            cells.push_back(std::move(cell));
            if (once) break;
          }
          if (once) break;
        }
      }
    }
  }
  subject.first = cells.front();
  return subject;
}

std::vector<PlannedSubject> plan_sweep(const SweepOptions& options) {
  check_names("task", options.tasks);
  check_names("attack", options.attacks);
  check_attacks(options);
  check_landscape(options);
  const bool counted = options.frequency.given();
  std::vector<PlannedSubject> subjects;
  for (const SweepTask& task : options.tasks) {
    for (const SweepAttack& attack : options.attacks) {
      if (!is_under(task, attack.name)) continue;
      PlannedSubject subject = plan_subject(options.grid, counted, task.name, attack.name);
      subject.landscapes = landscapes_of(options, subject.cells, attack.name);
      subjects.push_back(std::move(subject));
    }
  }
  return subjects;
}

void keep_shard(std::vector<PlannedSubject>& subjects, const Shard& shard) {
  std::size_t total = 0;
  for (const PlannedSubject& subject : subjects) total += subject.cells.size();
  const std::size_t begin = total * (shard.index - 1) / shard.count;
  const std::size_t end = total * shard.index / shard.count;
  std::size_t place = 0;
  for (PlannedSubject& subject : subjects) {
    std::vector<PlannedCell> kept;
    // A landscape goes with the first cell of its model.
    if (!(place >= begin && place < end)) subject.landscapes.clear();
    for (PlannedCell& cell : subject.cells) {
      if (place >= begin && place < end) kept.push_back(std::move(cell));
      ++place;
    }
    subject.cells = std::move(kept);
  }
  std::erase_if(subjects, [](const PlannedSubject& subject) { return subject.cells.empty(); });
}

}  // namespace finemix
