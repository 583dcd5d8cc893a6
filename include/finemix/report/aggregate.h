#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "finemix/record/sweep_record.h"

namespace finemix {

// What a sweep comes to, over its seeds and over the attacks of a task.

// Shares (or points, as shares) over seeds.
struct Spread {
  double mean = 0;
  std::optional<double> deviation;  // of the sample (n − 1); null for one value
  std::size_t count = 0;
};

// Null when there are no values.
std::optional<Spread> spread(std::span<const double> values);
// Of a group of numbers some of which may not be to be had; those are left out.
std::optional<Spread> spread(std::span<const std::optional<double>> values);

// A way of purifying: all of a cell's key that a defender chooses.
struct Variant {
  std::string method;
  std::optional<double> rho;
  bool epur = false;
  std::int64_t clean_size = 0;

  bool operator==(const Variant&) const = default;
};

// Of reserve ratios that were chosen by accuracy, the least and the greatest.
struct RhoRange {
  double low = 0;
  double high = 0;
};

// One variant on one subject, over all its seeds. Points into the sweep that it was made from.
struct SeedGroup {
  const SubjectRecord* subject = nullptr;
  Variant variant;
  std::vector<const CellRecord*> cells;
  std::optional<RhoRange> chosen_rho;  // null where the variant has a ρ, or its method none
  std::optional<Spread> accuracy;
  std::optional<Spread> attack_success_rate;
  std::optional<Spread> trigger_effect;
  std::optional<Spread> false_trigger_rate;
  std::optional<Spread> fidelity;
  double p_value = 1;  // the median of McNemar's over the seeds: their texts are the same
};

// In the order in which their first cells come.
std::vector<SeedGroup> seed_groups(const SweepRecord& sweep);

// The clean size with the most cells of the task, the first of several: what tables, and curves
// over anything but the size, are of.
std::int64_t compared_size(const std::vector<SeedGroup>& groups, const std::string& task);

// The Wilson interval of a mean over seeds, with the texts of one seed: the seeds share them.
Rate mean_rate(const Spread& mean, const Rate& one);

// A mean over those attacks that have the figure, and its spread over seeds.
struct AttackMean : Spread {
  std::size_t attacks = 0;
};

// One variant over all attacks of a task that it was tried on; the clean control is no attack.
struct Standing {
  std::string task;
  Variant variant;
  std::size_t attacks = 0;
  std::optional<RhoRange> chosen_rho;  // as SeedGroup has it, over all of them
  std::optional<AttackMean> accuracy;
  std::optional<AttackMean> accuracy_drop;
  std::optional<AttackMean> attack_success_rate;
  std::optional<AttackMean> above_floor;  // attack success less the clean model's
  std::optional<AttackMean> trigger_effect;
  const SeedGroup* worst = nullptr;    // the attack that is left strongest
  std::optional<Spread> control_drop;  // accuracy that the clean control lost
  bool ranked = false;                 // tried on as many attacks of the task as any other
};

// Best first: of those tried on all attacks, the ones that cost at most kAllowedDrop of accuracy,
// by attack success; then the others, by attack success. Those tried on fewer attacks come last. Of
// several clean sizes only the one with the most cells is compared, and of a method's several ρ
// those tried on the most attacks: the others belong to the curves over sizes and over ρ.
inline constexpr double kAllowedDrop = 0.02;
std::vector<Standing> standings(const std::vector<SeedGroup>& groups, const std::string& task);

bool allowed(const Standing& standing);
// Whether what is left of the attacks is near what a clean model misreads; where that is not known,
// whether most of it is gone.
bool removes(const Standing& standing);

// In the order of the subjects.
std::vector<std::string> tasks(const SweepRecord& sweep);

bool is_control(const SubjectRecord& subject);

}  // namespace finemix
