#include "model/kernels/embedding.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "finemix/core/profile.h"
#include "finemix/model/operand.h"
#include "model/kernels/composed.h"

namespace finemix {
namespace {

constexpr std::int64_t kGrain = 32;  // rows

// The tokens of a batch by the table row that they use.
struct Groups {
  std::vector<std::int64_t> rows;    // ascending
  std::vector<std::int64_t> tokens;  // those of each row, in order, one group after the other
  std::vector<std::size_t> starts;   // of the groups, and the end
};

Groups group(const at::Tensor& used) {
  const auto* const rows = used.const_data_ptr<std::int64_t>();
  Groups groups;
  groups.tokens.resize(static_cast<std::size_t>(used.numel()));
  std::iota(groups.tokens.begin(), groups.tokens.end(), std::int64_t{0});
  std::stable_sort(groups.tokens.begin(), groups.tokens.end(),
                   [&](std::int64_t a, std::int64_t b) { return rows[a] < rows[b]; });
  for (std::size_t i = 0; i < groups.tokens.size(); ++i) {
    const std::int64_t row = rows[groups.tokens[i]];
    if (!groups.rows.empty() && groups.rows.back() == row) continue;
    groups.rows.push_back(row);
    groups.starts.push_back(i);
  }
  groups.starts.push_back(groups.tokens.size());
  return groups;
}

// Calls out(group)[…] = the sum of the rows of its tokens, over threads.
template <typename Out>
void sum_groups(const Groups& groups, const at::Tensor& d_sum, const Out& out) {
  const std::int64_t hidden = d_sum.size(1);
  const float* const from = data<float>(d_sum);
  at::parallel_for(0, static_cast<std::int64_t>(groups.rows.size()), kGrain,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t g = begin; g < end; ++g) {
                       const auto at = static_cast<std::size_t>(g);
                       float* const to = out(at);
                       std::fill(to, to + hidden, 0.0f);
                       for (std::size_t i = groups.starts[at]; i < groups.starts[at + 1]; ++i) {
                         const float* const row = from + groups.tokens[i] * hidden;
                         for (std::int64_t k = 0; k < hidden; ++k) to[k] += row[k];
                       }
                     }
                   });
}

void table_backward(const at::Tensor& used, const at::Tensor& d_sum, const at::Tensor& gradient) {
  const Groups groups = group(used);
  gradient.zero_();
  float* const table = data<float>(gradient);
  sum_groups(groups, d_sum, [&](std::size_t i) { return table + groups.rows[i] * d_sum.size(1); });
}

}  // namespace

void embed(const PackedBatch& batch, const EmbeddingTables& tables, const at::Tensor& sum) {
  const ProfilePart part("embeddings");
  if (!sum.is_cpu()) return composed::embed(batch, tables, sum);
  const std::int64_t hidden = sum.size(1);
  const auto* const ids = batch.ids.const_data_ptr<std::int64_t>();
  const auto* const types = batch.type_ids.const_data_ptr<std::int64_t>();
  const auto* const positions = batch.positions.const_data_ptr<std::int64_t>();
  at::parallel_for(0, sum.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const float* const word = data<float>(tables.words) + ids[row] * hidden;
      const float* const position = data<float>(tables.positions) + positions[row] * hidden;
      float* const to = data<float>(sum) + row * hidden;
      if (!tables.types.defined()) {
        for (std::int64_t k = 0; k < hidden; ++k) to[k] = word[k] + position[k];
        continue;
      }
      const float* const type = data<float>(tables.types) + types[row] * hidden;
      for (std::int64_t k = 0; k < hidden; ++k) to[k] = word[k] + type[k] + position[k];
    }
  });
}

void embed_backward(const PackedBatch& batch, const at::Tensor& d_sum, RowGradients& words,
                    const at::Tensor& d_positions, const at::Tensor& d_types) {
  const ProfilePart part("embeddings backward");
  if (!d_sum.is_cpu()) {
    return composed::embed_backward(batch, d_sum, words, d_positions, d_types);
  }
  Groups by_word = group(batch.ids);
  const auto count = static_cast<std::int64_t>(by_word.rows.size());
  // As large as any batch so far needed, of which this one uses the first rows.
  const auto room =
      static_cast<std::int64_t>(words.values.storage().nbytes() / sizeof(float)) / d_sum.size(1);
  words.values = room < count ? at::empty({count, d_sum.size(1)}, at::kFloat)
                              : words.values.as_strided({count, d_sum.size(1)}, {d_sum.size(1), 1});
  float* const values = data<float>(words.values);
  sum_groups(by_word, d_sum,
             [&](std::size_t i) { return values + static_cast<std::int64_t>(i) * d_sum.size(1); });
  words.rows = std::move(by_word.rows);
  table_backward(batch.positions, d_sum, d_positions);
  if (d_types.defined()) table_backward(batch.type_ids, d_sum, d_types);
}

}  // namespace finemix
