#include "finemix/defense/drift.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ne.h>

#include <algorithm>
#include <cmath>

#include "finemix/core/stop.h"

namespace finemix {

std::vector<TensorDrift> tensor_drift(const StateDict& pretrained, const StateDict& backdoored) {
  std::vector<TensorDrift> drift;
  for (const auto& [name, before] : pretrained) {
    const auto after = backdoored.find(name);
    if (after == backdoored.end() || !is_backbone(name)) continue;
    throw_if_stopped();
    const double length = at::linalg_vector_norm(before).item<double>();
    const double moved = at::linalg_vector_norm(after->second - before).item<double>();
    drift.push_back({name, length > 0 ? moved / length : 0,
                     before.ne(after->second).sum().item<double>() /
                         static_cast<double>(std::max<std::int64_t>(1, before.numel()))});
  }
  return drift;
}

namespace {

// The score that ordinary training gives no row more than: what one moved row in a thousand
// exceeds. A few rows that stand apart from all others are no measure of themselves, however few
// have moved: then it is the next one's score. 0 where too few have moved to tell.
double usual_score(const std::vector<EpurRow>& rows) {
  constexpr double kShare = 1e-3;
  constexpr double kShareApart = 0.1;
  constexpr std::size_t kMostApart = 20;
  const auto unmoved =
      std::ranges::find_if(rows, [](const EpurRow& row) { return row.score <= 0; });
  const auto moved = static_cast<std::size_t>(unmoved - rows.begin());
  if (moved < 2) return 0;
  const auto share_of_moved = [moved](double share) {
    return static_cast<std::size_t>(share * static_cast<double>(moved));
  };
  const double usual = rows[std::min(moved - 1, share_of_moved(kShare) + 1)].score;
  for (std::size_t apart = std::min(kMostApart, share_of_moved(kShareApart)); apart > 0; --apart) {
    const double next = rows[apart].score;
    if (std::log(rows[apart - 1].score / next) >= kOutlierExcess) return std::min(usual, next);
  }
  return usual;
}

}  // namespace

double row_excess(const std::vector<EpurRow>& rows) {
  const double usual = usual_score(rows);
  return usual > 0 ? std::log(rows.front().score / usual) : 0;
}

std::vector<std::int64_t> outlier_rows(const std::vector<EpurRow>& rows, std::size_t most) {
  const double usual = usual_score(rows);
  std::vector<std::int64_t> ids;
  for (const EpurRow& row : rows) {
    if (usual == 0 || ids.size() == most || std::log(row.score / usual) < kOutlierExcess) break;
    ids.push_back(row.id);
  }
  return ids;
}

}  // namespace finemix
