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

// The score that one moved row in a thousand exceeds; 0 where too few have moved to tell.
double usual_score(const std::vector<EpurRow>& rows) {
  constexpr double kShare = 1e-3;
  std::size_t moved = 0;
  while (moved < rows.size() && rows[moved].score > 0) ++moved;
  if (moved < 2) return 0;
  return rows[std::min(moved - 1,
                       static_cast<std::size_t>(kShare * static_cast<double>(moved)) + 1)]
      .score;
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
