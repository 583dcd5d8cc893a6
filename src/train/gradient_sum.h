#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <vector>

#include "finemix/model/parameters.h"

namespace finemix {

// Adds up the gradients of the parts of a batch, in fp32, since each backward pass sets them.
class GradientSum {
 public:
  // After a backward pass over a part.
  void add(const ParameterBuffer& parameters);
  // Sets the gradients to the sum, if anything was added, and begins anew.
  void write(ParameterBuffer& parameters);

 private:
  std::vector<at::Tensor> sums_;             // of matrices, tables and vectors
  at::Tensor words_;                         // of all rows, on devices …
  std::map<std::int64_t, at::Tensor> rows_;  // … and of those that there are, on the CPU
};

}  // namespace finemix
