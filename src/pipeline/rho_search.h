#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/record/purify_record.h"

namespace finemix {

// The rows that each fold of a cross-validation holds out: labels spread evenly, the order drawn by
// `seed`.
std::vector<std::vector<std::size_t>> make_folds(std::span<const std::int64_t> labels,
                                                 std::size_t folds, std::uint64_t seed);

// Whether the accuracy at any reserve ratio of the curve is within `max_drop` points of `suspect`.
bool any_keeps(std::span<const RhoPoint> curve, const Rate& suspect, double max_drop);

// Of the reserve ratios of the curve, which must not be empty, whose accuracy is within `max_drop`
// points of `suspect`, the smallest that leaves the least estimated attack success, as far as its
// interval tells, or the smallest where none was estimated. The one with the best accuracy when
// none is that close.
double choose_rho(std::vector<RhoPoint> curve, const Rate& suspect, double max_drop);

}  // namespace finemix
