#pragma once

#include <span>
#include <vector>

#include "finemix/report/figures/svg.h"

namespace finemix {

// The lines along which a function on a grid is `level` (marching squares, with straight lines
// between the grid's points; in a saddle the mean of the four corners decides). `values` is (y, x).
// A closed line ends with its first point.
std::vector<std::vector<Point>> contour_lines(std::span<const double> x, std::span<const double> y,
                                              std::span<const double> values, double level);

}  // namespace finemix
