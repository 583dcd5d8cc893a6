#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "finemix/record/purify_record.h"
#include "finemix/report/table.h"

namespace finemix {

// What the summary of a purification, or of an evaluation, on a terminal and its other forms have
// in common.

inline constexpr const char* kRatesLegend =
    "Rates in % with their 95 % intervals (Wilson); changes in points.";

// The value and the interval of a rate, as two cells.
std::vector<Cell> rate_cells(const std::optional<Rate>& rate);
Cell effect_cell(const std::optional<double>& effect);
void append_cells(std::vector<Cell>& row, const std::vector<Cell>& cells);
// The name of a row below that of the accuracy.
std::string label_row(const LabelAccuracy& each);

// What an evaluation found.
Table figures_table(const EvaluationRecord& record);
// Whether there is anything to show before and after.
bool anything_measured(const PurifyRecord& record);
Table before_after_table(const PurifyRecord& record);
Table rho_curve_table(const PurifyRecord& record);
// The `rows` highest scores.
Table epur_table(const EpurRecord& record, std::size_t rows);

// How long each stage took.
Table stages_table(const std::map<std::string, double>& seconds);

// "E-PUR reset 200 of 30,522 embedding rows"
std::string reset_rows(const EpurRecord& record);
// 0 of nothing.
double share_of(std::uint64_t part, std::uint64_t whole);
// "4,000 of 10,000 weights kept (40.0 %)"
std::string kept_share(const MixRecord& record);
// "Attack measured: word trigger “cf” or “mn”, target label 1"; empty where none is known.
std::string attack_sentence(const PurifyRecord& record);
// What the estimated attack success rests on; empty where nothing was estimated.
std::string estimate_sentence(const PurifyRecord& record);
// What a clean model does on the same texts; empty where that is not known.
std::string floor_sentence(const EvaluationRecord& record);

}  // namespace finemix
