#include "finemix/defense/epur.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "defense/blend.h"
#include "finemix/core/error.h"
#include "finemix/core/parallel.h"

namespace finemix {
namespace {

constexpr std::uint64_t kFrequencyFloor = 20;

constexpr std::size_t kRowsAtLeast = 64;  // for a thread

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

// ‖δ_i‖₂ of every row, in one pass over both matrices. A row's sum is always taken in the same
// order, so that the result does not depend on threads.
std::vector<double> delta_norms(const at::Tensor& pretrained, const at::Tensor& backdoored) {
  const at::Tensor a = pretrained.contiguous(), b = backdoored.contiguous();
  const auto width = static_cast<std::size_t>(a.size(1));
  const float* a_rows = a.const_data_ptr<float>();
  const float* b_rows = b.const_data_ptr<float>();
  std::vector<double> norms(static_cast<std::size_t>(a.size(0)));
  parallel_for(norms.size(), kRowsAtLeast, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      norms[row] = std::sqrt(squared_distance(a_rows + row * width, b_rows + row * width, width));
    }
  });
  return norms;
}

std::vector<EpurRow> score_rows(const at::Tensor& pretrained, const at::Tensor& backdoored,
                                std::span<const std::uint64_t> frequencies,
                                const std::function<std::string(std::int64_t)>& token) {
  const std::vector<double> norm = delta_norms(pretrained, backdoored);
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

// Highest score first, ties by id. Places are sorted, since a row has its token with it.
void sort_by_score(std::vector<EpurRow>& rows) {
  std::vector<std::pair<double, std::size_t>> places;  // of the negated score
  places.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) places.emplace_back(-rows[i].score, i);
  std::sort(places.begin(), places.end());
  std::vector<EpurRow> sorted;
  sorted.reserve(rows.size());
  for (const auto& place : places) sorted.push_back(std::move(rows[place.second]));
  rows = std::move(sorted);
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
  record.row_count = record.rows.size();

  std::vector<bool> spared(frequencies.size(), false);
  if (!options.reset_special) {
    for (const std::int32_t id : special_ids) spared[static_cast<std::size_t>(id)] = true;
  }
  // The limit is taken over all rows.
  const bool by_threshold = options.threshold > 0;
  const double limit = by_threshold ? outlier_score(record.rows, options.threshold) : 0;
  const std::uint64_t most =
      by_threshold ? record.rows.size() : static_cast<std::uint64_t>(options.top_k);
  sort_by_score(record.rows);
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
