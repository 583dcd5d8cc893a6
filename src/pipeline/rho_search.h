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

// Whether any reserve ratio of the curve keeps this accuracy, a share.
bool any_keeps(std::span<const RhoPoint> curve, double least_accuracy);

// Of the reserve ratios of the curve, which must not be empty, that keep this accuracy the smallest
// that leaves the least estimated attack success, as far as its interval tells, or the smallest
// where none was estimated. Where none keeps it, of those whose interval holds the best accuracy
// the one that leaves least, or the most accurate where none was estimated.
double choose_rho(std::vector<RhoPoint> curve, double least_accuracy);

}  // namespace finemix
