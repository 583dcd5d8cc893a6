#include "pipeline/scan/crowds.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>

#include "pipeline/scan/evidence.h"

namespace finemix {
namespace {

constexpr std::size_t kCrowd = 6;  // words that have nothing in common
constexpr double kNearly = 0.7;    // of the strength of the strongest
constexpr double kPlanted = 0.7;   // a strength that no meaning was seen to have

double crowd_of(const std::vector<SuspectedTrigger>& triggers, std::int64_t label) {
  double strongest = 0;
  std::size_t count = 0;
  std::set<std::int64_t> pieces;
  for (std::size_t i = 0; i < std::min(kShownTriggers, triggers.size()); ++i) {
    const SuspectedTrigger& each = triggers[i];
    if (each.target_label != label) continue;
    const bool related =
        std::ranges::any_of(each.ids, [&](std::int64_t id) { return pieces.contains(id); });
    pieces.insert(each.ids.begin(), each.ids.end());
    if (related) continue;
    const double strength = trigger_strength(each);
    strongest = std::max(strongest, strength);
    if (strongest >= kPlanted || strength < kNearly * strongest) return 0;
    if (++count == kCrowd) return strength;
  }
  return 0;
}

}  // namespace

void set_crowds(std::vector<SuspectedTrigger>& triggers) {
  std::vector<double> crowds;
  for (const SuspectedTrigger& each : triggers) {
    crowds.push_back(crowd_of(triggers, each.target_label));
  }
  for (std::size_t i = 0; i < triggers.size(); ++i) triggers[i].crowd = crowds[i];
}

}  // namespace finemix
