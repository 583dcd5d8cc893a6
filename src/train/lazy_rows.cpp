#include "lazy_rows.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <set>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/model/memory.h"
#include "finemix/train/optimizer.h"

namespace finemix {
namespace {

constexpr std::int64_t kGrain = 16;        // rows
constexpr std::int32_t kBlockRows = 1024;  // whose moments share a block of memory

}  // namespace

LazyRows::LazyRows(at::Tensor table)
    : table_(std::move(table)),
      places_(static_cast<std::size_t>(table_.size(0)), kNone),
      done_(places_.size()) {}

float* LazyRows::weights(std::int64_t row) const {
  return table_.data_ptr<float>() + row * table_.size(1);
}
float* LazyRows::first(std::int64_t row) const {
  const std::int32_t place = places_[static_cast<std::size_t>(row)];
  const at::Tensor& block = moments_[static_cast<std::size_t>(place / kBlockRows)];
  return block.data_ptr<float>() + place % kBlockRows * 2 * table_.size(1);
}
float* LazyRows::second(std::int64_t row) const { return first(row) + table_.size(1); }

void LazyRows::catch_up_row(std::int64_t row) {
  const auto index = static_cast<std::size_t>(row);
  const auto done = static_cast<std::size_t>(done_[index]);
  const auto& kernels = simd::kernels<float>();
  if (places_[index] == kNone) {
    kernels.decay(decays_.data() + done, static_cast<std::int64_t>(decays_.size() - done),
                  table_.size(1), weights(row));
  } else {
    for (std::size_t i = done; i < steps_.size(); ++i) {
      kernels.adamw(steps_[i], table_.size(1), nullptr, weights(row), first(row), second(row),
                    nullptr);
    }
  }
  done_[index] = static_cast<std::int32_t>(steps_.size());
}

void LazyRows::catch_up(const std::vector<std::int64_t>& rows) {
  at::parallel_for(0, static_cast<std::int64_t>(rows.size()), kGrain,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       catch_up_row(rows[static_cast<std::size_t>(i)]);
                     }
                   });
}

void LazyRows::catch_up_all() {
  at::parallel_for(0, table_.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) catch_up_row(row);
  });
  steps_.clear();
  decays_.clear();
  std::fill(done_.begin(), done_.end(), 0);
}

void LazyRows::give_places(const std::vector<std::int64_t>& rows) {
  for (const std::int64_t row : rows) {
    std::int32_t& place = places_[static_cast<std::size_t>(row)];
    if (place != kNone) continue;
    place = places_given_++;
    if (place % kBlockRows == 0) {
      moments_.push_back(untouched_block({kBlockRows, 2, table_.size(1)}, table_.options()));
    }
  }
}

void LazyRows::save(at::Tensor& rows, at::Tensor& moments) const {
  rows = at::empty({places_given_}, at::kLong);
  moments = at::empty({places_given_, 2, table_.size(1)}, table_.options());
  auto* const numbers = rows.data_ptr<std::int64_t>();
  for (std::size_t row = 0; row < places_.size(); ++row) {
    if (places_[row] != kNone) numbers[places_[row]] = static_cast<std::int64_t>(row);
  }
  for (std::int64_t begin = 0; begin < places_given_; begin += kBlockRows) {
    const std::int64_t count = std::min<std::int64_t>(kBlockRows, places_given_ - begin);
    moments.narrow(0, begin, count)
        .copy_(moments_[static_cast<std::size_t>(begin / kBlockRows)].narrow(0, 0, count));
  }
}

void LazyRows::restore(const at::Tensor& rows, const at::Tensor& moments) {
  const bool fits = rows.scalar_type() == at::kLong && rows.dim() == 1 &&
                    moments.scalar_type() == at::kFloat &&
                    moments.sizes() == at::IntArrayRef({rows.numel(), 2, table_.size(1)});
  if (!fits) throw Error(ErrorKind::kMalformed, kNoState);
  const auto* const numbers = rows.const_data_ptr<std::int64_t>();
  std::set<std::int64_t> seen;
  for (std::int64_t i = 0; i < rows.numel(); ++i) {
    if (numbers[i] < 0 || numbers[i] >= table_.size(0) || !seen.insert(numbers[i]).second) {
      throw Error(ErrorKind::kMalformed, kNoState);
    }
  }
  give_places({numbers, numbers + rows.numel()});
  for (std::int64_t begin = 0; begin < places_given_; begin += kBlockRows) {
    const std::int64_t count = std::min<std::int64_t>(kBlockRows, places_given_ - begin);
    moments_[static_cast<std::size_t>(begin / kBlockRows)]
        .narrow(0, 0, count)
        .copy_(moments.narrow(0, begin, count));
  }
}

void LazyRows::step(const simd::AdamWStep& step, const RowGradients& gradients) {
  give_places(gradients.rows);
  steps_.push_back(step);
  decays_.push_back(step.decay);
  const auto* const values = gradients.values.const_data_ptr<float>();
  at::parallel_for(0, static_cast<std::int64_t>(gradients.rows.size()), kGrain,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       const std::int64_t row = gradients.rows[static_cast<std::size_t>(i)];
                       const auto index = static_cast<std::size_t>(row);
                       simd::kernels<float>().adamw(step, table_.size(1),
                                                    values + i * table_.size(1), weights(row),
                                                    first(row), second(row), nullptr);
                       done_[index] = static_cast<std::int32_t>(steps_.size());
                     }
                   });
}

}  // namespace finemix
