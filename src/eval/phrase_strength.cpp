#include "finemix/eval/phrase_strength.h"

#include <algorithm>
#include <array>

namespace finemix {

double phrase_strength(double moved, double expected, double firmness, TriggerPlace place,
                       std::size_t pieces) {
  constexpr std::array kCounts = {1.0, 0.95, 0.9, 0.85, 0.8};
  constexpr double kAtStart = 0.8;
  constexpr std::array kFirm = {0.5, 0.6, 0.7, 0.8, 0.8};
  if (pieces == 0) return 0;
  const std::size_t i = std::min(pieces, kCounts.size()) - 1;
  const double firm = std::clamp(firmness, 0.0, 1.0);
  const double excess = std::max(0.0, moved - expected);
  const double counts = kCounts[i] * (place == TriggerPlace::kStart ? kAtStart : 1);
  return counts * excess * (1 - kFirm[i] + kFirm[i] * firm);
}

}  // namespace finemix
