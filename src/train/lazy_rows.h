#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "finemix/model/parameters.h"
#include "finemix/model/simd.h"

namespace finemix {

// AdamW on the rows of a table of which each step has gradients for few. See AdamW.
class LazyRows {
 public:
  // `table` is (rows, width), fp32, on the CPU.
  explicit LazyRows(at::Tensor table);

  // Does what the steps so far would have done to these rows; ascending, each once.
  void catch_up(const std::vector<std::int64_t>& rows);
  void catch_up_all();
  // A step; the rows of `gradients` must have caught up with those before.
  void step(const simd::AdamWStep& step, const RowGradients& gradients);

  // The rows that ever had a gradient, in the order in which they had their first, and their
  // moments, (rows, 2, width); all rows must have caught up.
  void save(at::Tensor& rows, at::Tensor& moments) const;
  // Before the first step.
  void restore(const at::Tensor& rows, const at::Tensor& moments);

 private:
  void catch_up_row(std::int64_t row);
  float* weights(std::int64_t row) const;
  float* first(std::int64_t row) const;
  float* second(std::int64_t row) const;

  void give_places(const std::vector<std::int64_t>& rows);

  static constexpr std::int32_t kNone = -1;

  at::Tensor table_;
  // Moments of the rows that ever had a gradient, in the order in which they had their first: rows
  // that are used lie side by side, in large pages.
  std::vector<at::Tensor> moments_;   // blocks of (kBlockRows, 2, width)
  std::vector<std::int32_t> places_;  // of each row's moments, or kNone
  std::int32_t places_given_ = 0;
  std::vector<simd::AdamWStep> steps_;  // that some row may still lack
  std::vector<float> decays_;           // of the same steps
  std::vector<std::int32_t> done_;      // of these, those that a row has seen
};

}  // namespace finemix
