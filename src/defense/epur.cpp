#include "finemix/defense/epur.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {
namespace {

constexpr std::uint64_t kFrequencyFloor = 20;

// Turns a median absolute deviation into a standard deviation, were the values normal.
constexpr double kMadToDeviation = 1.4826;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The score above which a row is an outlier: log score more than `threshold` robust deviations over
// the median of the rows that fine-tuning has moved.
double outlier_score(const std::vector<EpurRow>& rows, double threshold) {
  std::vector<double> logs;
  for (const EpurRow& row : rows) {
    if (row.score > 0) logs.push_back(std::log(row.score));
  }
  if (logs.empty()) return 0;
  const double center = median(logs);
  for (double& value : logs) value = std::abs(value - center);
  return std::exp(center + threshold * kMadToDeviation * median(logs));
}

void check(const at::Tensor& pretrained, const at::Tensor& backdoored,
           std::span<const std::uint64_t> frequencies, const EpurOptions& options) {
  if (pretrained.dim() != 2 || pretrained.sizes() != backdoored.sizes()) {
    throw Error(ErrorKind::kMismatch,
                "E-PUR: the word embeddings of the two models differ in shape; give the model that "
                "the suspect was fine-tuned from");
  }
  if (static_cast<std::int64_t>(frequencies.size()) != pretrained.size(0)) {
    throw Error(ErrorKind::kMismatch, "E-PUR: " + std::to_string(frequencies.size()) +
                                          " frequencies for " + std::to_string(pretrained.size(0)) +
                                          " embedding rows");
  }
  if (options.top_k < 0 || options.threshold < 0) {
    throw Error(ErrorKind::kUsage, "--top-k and --threshold must not be negative");
  }
}

std::vector<EpurRow> score_rows(const at::Tensor& pretrained, const at::Tensor& backdoored,
                                std::span<const std::uint64_t> frequencies,
                                const std::function<std::string(std::int64_t)>& token) {
  const at::Tensor norms =
      at::linalg_vector_norm(backdoored - pretrained, 2, {1}, false, at::kDouble).contiguous();
  const auto* norm = norms.const_data_ptr<double>();
  std::vector<EpurRow> rows(frequencies.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EpurRow& row = rows[i];
    row.id = static_cast<std::int64_t>(i);
    row.token = token(row.id);
    row.frequency = frequencies[i];
    row.delta_norm = norm[i];
    row.score = norm[i] / std::log(static_cast<double>(std::max(frequencies[i], kFrequencyFloor)));
    if (!std::isfinite(row.score)) {
      throw Error(ErrorKind::kNumeric, "E-PUR: the embedding of '" + row.token + "' (row " +
                                           std::to_string(i) + ") holds NaN or Inf");
    }
  }
  return rows;
}

}  // namespace

EpurResult epur(const at::Tensor& pretrained, const at::Tensor& backdoored,
                std::span<const std::uint64_t> frequencies,
                std::span<const std::int32_t> special_ids,
                const std::function<std::string(std::int64_t)>& token, const EpurOptions& options) {
  check(pretrained, backdoored, frequencies, options);
  const auto start = std::chrono::steady_clock::now();
  EpurResult result{backdoored.clone(), {}};
  EpurRecord& record = result.record;
  record.rule = options.threshold > 0 ? "threshold" : "top-k";
  record.clamped = static_cast<std::uint64_t>(
      std::count_if(frequencies.begin(), frequencies.end(),
                    [](std::uint64_t frequency) { return frequency < kFrequencyFloor; }));
  record.rows = score_rows(pretrained, backdoored, frequencies, token);

  std::vector<bool> spared(frequencies.size(), false);
  if (!options.reset_special) {
    for (const std::int32_t id : special_ids) spared[static_cast<std::size_t>(id)] = true;
  }
  // The limit is taken over all rows; ties in score go by id, so that the order is always the same.
  const bool by_threshold = options.threshold > 0;
  const double limit = by_threshold ? outlier_score(record.rows, options.threshold) : 0;
  const std::uint64_t most =
      by_threshold ? record.rows.size() : static_cast<std::uint64_t>(options.top_k);
  std::stable_sort(record.rows.begin(), record.rows.end(),
                   [](const EpurRow& a, const EpurRow& b) { return a.score > b.score; });
  for (EpurRow& row : record.rows) {
    if (record.reset_count == most || row.score <= limit) break;
    if (spared[static_cast<std::size_t>(row.id)]) continue;
    row.reset = true;
    ++record.reset_count;
    result.word_embeddings[row.id].copy_(pretrained[row.id]);
  }
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace finemix
