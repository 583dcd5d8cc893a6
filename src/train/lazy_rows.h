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

 private:
  void catch_up_row(std::int64_t row);
  float* weights(std::int64_t row) const;
  float* first(std::int64_t row) const;
  float* second(std::int64_t row) const;

  at::Tensor table_;
  at::Tensor moments_;                  // (rows, 2, width); memory only for rows that have any
  std::vector<simd::AdamWStep> steps_;  // that some row may still lack
  std::vector<float> decays_;           // of the same steps
  std::vector<std::int32_t> done_;      // of these, those that a row has seen
  std::vector<std::uint8_t> moved_;     // whether a row ever had a gradient
};

}  // namespace finemix
