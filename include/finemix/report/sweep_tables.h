#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finemix/report/aggregate.h"
#include "finemix/report/table.h"

namespace finemix {

// The tables of a sweep, for whatever writes them: columns that would be empty are left out.

enum class Detail {
  kShort,  // what fits a terminal of 100 columns
  kPaper,  // what fits a printed page: with the accuracy by label
  kFull,   // with intervals, floor, fidelity and tests too
};

inline constexpr const char* kTableLegend =
    "Rates in %, changes in points; ± is the standard deviation over seeds. ACC lost, ASR: "
    "means over the attacks; in brackets, over how many of them, where not all have the "
    "figure. p: McNemar’s exact test of accuracy before and after, the median over seeds.";

// What kPaper and kFull have beyond that.
inline constexpr const char* kLabelLegend =
    "ACC by label: accuracy on the texts of each label, the lowest label first.";

// What kFull has beyond that.
inline constexpr const char* kFullLegend =
    "Over floor: ASR less a clean model's on the same texts. Trigger effect: ASR less the "
    "share of these texts that ends in the target label without the trigger. FTR: the share "
    "that a part of the trigger puts there. Fidelity: the share of the attack that is gone "
    "times the share of accuracy that is left. Trigger reset: whether E-PUR reset all its "
    "word pieces.";

// Of success_table.
inline constexpr const char* kSuccessLegend =
    "Row “a clean model”: what one makes of the same texts. Column “clean”: what the methods "
    "make of a model that nobody attacked, on the texts of the first attack.";

// Methods over all attacks of a task, best first.
Table standing_table(const std::vector<Standing>& standings, Detail detail);

// One subject as it came, its floor, and what each variant made of it.
Table subject_table(const SubjectRecord& subject, const std::vector<SeedGroup>& groups,
                    Detail detail);

// Attack success, in percent: a row for each standing, a column for each attack of its task, and
// one for what the methods make of a clean model, where that is known. Null for less than two
// attacks.
std::optional<Table> success_table(const std::vector<Standing>& standings,
                                   const std::vector<SeedGroup>& groups, const SweepRecord& sweep);

// "83.4 ± 0.6", and the same of a signed difference in points; "–" for what is not to be had.
std::string percent_spread(const std::optional<Spread>& spread);
std::string points_spread(const std::optional<Spread>& spread);

// "fine-mixing + E-PUR", with its ρ where `with_rho`.
std::string variant_name(const Variant& variant, bool with_rho);

// Whether one of the methods is there with several ρ, so that names need them.
bool needs_rho(const std::vector<Standing>& standings);

}  // namespace finemix
