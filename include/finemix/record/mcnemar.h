#pragma once

#include <cstdint>

#include "finemix/io/json.h"

namespace finemix {

// Texts that one of two models gets right and the other wrong, and McNemar's exact test of whether
// they differ (McNemar, Psychometrika 1947; the binomial form).
struct McNemarRecord {
  std::uint64_t before_only = 0;  // right before, wrong after
  std::uint64_t after_only = 0;
  double p_value = 1;
};

// The time grows with the square root of the counts.
McNemarRecord mcnemar(std::uint64_t before_only, std::uint64_t after_only);

Json to_json(const McNemarRecord& record);

}  // namespace finemix
