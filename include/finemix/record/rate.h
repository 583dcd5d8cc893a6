#pragma once

#include <cstdint>
#include <optional>

namespace finemix {

// A share of counted cases with its 95 % interval.
struct Rate {
  double value = 0;  // correct / total, 0 … 1
  double low = 0;
  double high = 0;
  std::uint64_t correct = 0;
  std::uint64_t total = 0;
};

// Wilson score interval, E. B. Wilson, "Probable inference, the law of succession, and statistical
// inference", JASA 22 (1927), with z = 1.959964. total must be > 0 and correct <= total.
Rate wilson_rate(std::uint64_t correct, std::uint64_t total);

// The same for the largest of so many rates that were compared: each has 1 − 0.05 / comparisons
// (Bonferroni). comparisons must be > 0.
Rate wilson_rate_of_largest(std::uint64_t correct, std::uint64_t total, std::uint64_t comparisons);

std::optional<double> value_of(const std::optional<Rate>& rate);

}  // namespace finemix
