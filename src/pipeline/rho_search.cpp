#include "rho_search.h"

#include <algorithm>
#include <tuple>

#include "finemix/core/random.h"

namespace finemix {
namespace {

bool keeps(const RhoPoint& point, double least_accuracy) {
  constexpr double kRounding = 1e-9;  // 89 % less 2 points is 87 %
  return point.accuracy.value + kRounding >= least_accuracy;
}

// Of those that may be as accurate as the best the one that leaves least of an attack.
double nearly_best(const std::vector<RhoPoint>& curve) {
  double best = 0;
  for (const RhoPoint& point : curve) best = std::max(best, point.accuracy.value);
  const auto badness = [best](const RhoPoint& point) {
    const bool far = point.accuracy.high < best;
    const double left = !far && point.estimated_asr ? point.estimated_asr->value : 1;
    return std::tuple(far, left, -point.accuracy.value);
  };
  return std::ranges::min_element(curve, {}, badness)->rho;
}

}  // namespace

std::vector<std::vector<std::size_t>> make_folds(std::span<const std::int64_t> labels,
                                                 std::size_t folds, std::uint64_t seed) {
  std::vector<std::size_t> rows = permutation(labels.size(), seed, "folds");
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return labels[a] < labels[b]; });
  std::vector<std::vector<std::size_t>> held_out(folds);
  for (std::size_t i = 0; i < rows.size(); ++i) held_out[i % folds].push_back(rows[i]);
  return held_out;
}

bool any_keeps(std::span<const RhoPoint> curve, double least_accuracy) {
  return std::ranges::any_of(curve,
                             [&](const RhoPoint& point) { return keeps(point, least_accuracy); });
}

double choose_rho(std::vector<RhoPoint> curve, double least_accuracy) {
  std::sort(curve.begin(), curve.end(),
            [](const RhoPoint& a, const RhoPoint& b) { return a.rho < b.rho; });
  const auto close_enough = [&](const RhoPoint& point) { return keeps(point, least_accuracy); };
  // Differences within the interval of the least are those of a few texts.
  double least = 1;
  for (const RhoPoint& point : curve) {
    if (close_enough(point) && point.estimated_asr) {
      least = std::min(least, point.estimated_asr->high);
    }
  }
  const auto first = std::find_if(curve.begin(), curve.end(), [&](const RhoPoint& point) {
    return close_enough(point) && (!point.estimated_asr || point.estimated_asr->value <= least);
  });
  return first != curve.end() ? first->rho : nearly_best(curve);
}

}  // namespace finemix
