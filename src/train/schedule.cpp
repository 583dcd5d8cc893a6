#include "finemix/train/schedule.h"

#include <algorithm>

namespace finemix {

double linear_schedule(std::int64_t step, std::int64_t warmup, std::int64_t total) {
  if (step < warmup) return static_cast<double>(step) / static_cast<double>(warmup);
  const std::int64_t decaying = std::max<std::int64_t>(1, total - warmup);
  return static_cast<double>(std::max<std::int64_t>(0, total - step)) /
         static_cast<double>(decaying);
}

}  // namespace finemix
