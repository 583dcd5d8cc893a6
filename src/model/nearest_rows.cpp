#include "finemix/model/nearest_rows.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "finemix/core/stop.h"

namespace finemix {
namespace {

// -inf for the rows that may not be near one of `group`, (rows).
at::Tensor barred(std::span<const std::uint8_t> groups, std::uint8_t group,
                  std::span<const std::int64_t> excluded) {
  at::Tensor bias = at::zeros({static_cast<std::int64_t>(groups.size())}, at::kFloat);
  auto values = bias.accessor<float, 1>();
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (std::size_t id = 0; id < groups.size(); ++id) {
    if (groups[id] != group) values[static_cast<std::int64_t>(id)] = kNever;
  }
  for (const std::int64_t id : excluded) values[id] = kNever;
  return bias;
}

// The rows of the nearest direction (cosine) for each of `ids`, which are of one group.
void find_near(const at::Tensor& directions, const std::vector<std::int64_t>& ids,
               const at::Tensor& bias, std::int64_t count, NearestRows& found) {
  constexpr std::size_t kChunk = 256;  // ids; bounds the similarities held at once
  const auto similar = bias.isfinite().sum().item<std::int64_t>();
  const std::int64_t k = std::min(count + 1, similar);  // a row is its own nearest
  for (std::size_t begin = 0; begin < ids.size() && k > 0; begin += kChunk) {
    throw_if_stopped();
    const std::size_t size = std::min(kChunk, ids.size() - begin);
    const at::Tensor rows = at::tensor(at::ArrayRef<std::int64_t>(ids.data() + begin, size));
    const at::Tensor nearest = std::get<1>(
        at::topk(at::matmul(directions.index_select(0, rows), directions.t()) + bias, k));
    const auto table = nearest.accessor<std::int64_t, 2>();
    for (std::size_t i = 0; i < size; ++i) {
      std::vector<std::int32_t>& list = found[static_cast<std::int32_t>(ids[begin + i])];
      for (std::int64_t j = 0; j < k; ++j) {
        const std::int64_t id = table[static_cast<std::int64_t>(i)][j];
        if (id != ids[begin + i] && list.size() < static_cast<std::size_t>(count)) {
          list.push_back(static_cast<std::int32_t>(id));
        }
      }
    }
  }
}

}  // namespace

NearestRows nearest_rows(std::span<const std::int32_t> ids, const at::Tensor& embeddings,
                         std::span<const std::uint8_t> groups,
                         std::span<const std::int64_t> excluded, std::int64_t count) {
  const at::Tensor rows = embeddings.to(at::kFloat);
  const at::Tensor directions =
      rows / at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, true).clamp_min(1e-12);
  std::map<std::uint8_t, std::set<std::int64_t>> wanted;
  for (const std::int32_t id : ids) wanted[groups[static_cast<std::size_t>(id)]].insert(id);
  wanted.erase(0);
  NearestRows found;
  for (const auto& [group, of_group] : wanted) {
    find_near(directions, {of_group.begin(), of_group.end()}, barred(groups, group, excluded),
              count, found);
  }
  return found;
}

}  // namespace finemix
