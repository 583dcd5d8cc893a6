#include "finemix/record/rate.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "finemix/core/error.h"

namespace finemix {
namespace {

constexpr double kZ = 1.959964;  // the 97.5 % point of the standard normal distribution

}  // namespace

Rate wilson_rate(std::uint64_t correct, std::uint64_t total) {
  if (total == 0 || correct > total) {
    throw Error(ErrorKind::kInternal, "wilson_rate: " + std::to_string(correct) + " of " +
                                          std::to_string(total) +
                                          ", expected a share of 1 or more");
  }
  const double n = static_cast<double>(total);
  const double p = static_cast<double>(correct) / n;
  const double denominator = 1 + kZ * kZ / n;
  const double center = (p + kZ * kZ / (2 * n)) / denominator;
  const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / denominator;
  // At the ends the interval touches 0 or 1 exactly, which rounding would miss.
  return {.value = p,
          .low = correct == 0 ? 0.0 : std::max(0.0, center - half),
          .high = correct == total ? 1.0 : std::min(1.0, center + half),
          .correct = correct,
          .total = total};
}

std::optional<double> value_of(const std::optional<Rate>& rate) {
  return rate ? std::optional(rate->value) : std::nullopt;
}

}  // namespace finemix
