#include "finemix/record/rate.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "finemix/core/error.h"

namespace finemix {
namespace {

constexpr double kZ = 1.959964;  // the 97.5 % point of the standard normal distribution

// Where the standard normal distribution has this much on both sides outside of ±z, by bisection.
double two_sided_point(double outside) {
  double low = 0, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::sqrt(2.0)) > outside ? low : high) = middle;
  }
  return low;
}

Rate wilson(std::uint64_t correct, std::uint64_t total, double z) {
  if (total == 0 || correct > total) {
    throw Error(ErrorKind::kInternal, "wilson_rate: " + std::to_string(correct) + " of " +
                                          std::to_string(total) +
                                          ", expected a share of 1 or more");
  }
  const double n = static_cast<double>(total);
  const double p = static_cast<double>(correct) / n;
  const double denominator = 1 + z * z / n;
  const double center = (p + z * z / (2 * n)) / denominator;
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / denominator;
  // At the ends the interval touches 0 or 1 exactly, which rounding would miss.
  return {.value = p,
          .low = correct == 0 ? 0.0 : std::max(0.0, center - half),
          .high = correct == total ? 1.0 : std::min(1.0, center + half),
          .correct = correct,
          .total = total};
}

}  // namespace

Rate wilson_rate(std::uint64_t correct, std::uint64_t total) { return wilson(correct, total, kZ); }

Rate wilson_rate_of_largest(std::uint64_t correct, std::uint64_t total, std::uint64_t comparisons) {
  constexpr double kOutside = 0.05;
  return wilson(correct, total, two_sided_point(kOutside / static_cast<double>(comparisons)));
}

std::optional<double> value_of(const std::optional<Rate>& rate) {
  return rate ? std::optional(rate->value) : std::nullopt;
}

}  // namespace finemix
