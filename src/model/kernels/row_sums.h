#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "finemix/model/balance.h"
#include "finemix/model/operand.h"
#include "model/workspace.h"

namespace finemix {

// Runs body(begin, end, sums) over blocks of rows, and adds up the `width` sums of every block in
// order, so that they are the same for any number of threads, into `totals`, which lie one after
// the other.
template <typename Body>
void sum_over_rows(std::int64_t rows, std::int64_t width, Workspace& workspace,
                   const std::vector<at::Tensor>& totals, const Body& body) {
  constexpr std::int64_t kBlock = 32;       // rows
  constexpr std::int64_t kGrain = 1 << 15;  // elements that a thread is worth its start for
  const std::int64_t blocks = (rows + kBlock - 1) / kBlock;
  const Workspace::Mark mark = workspace.mark();
  const at::Tensor sums = workspace.take({blocks, width}, at::TensorOptions(at::kFloat));
  float* const all = data<float>(sums);
  balanced_for(blocks, std::max<std::int64_t>(1, kGrain / (kBlock * width)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t block = begin; block < end; ++block) {
                   const std::int64_t first = block * kBlock;
                   body(first, std::min(rows, first + kBlock), all + block * width);
                 }
               });
  float* column = all;
  for (std::int64_t block = 1; block < blocks; ++block) {
    const float* const more = all + block * width;
    for (std::int64_t i = 0; i < width; ++i) all[i] += more[i];
  }
  for (const at::Tensor& total : totals) {
    if (total.defined()) std::copy(column, column + total.numel(), data<float>(total));
    column += total.defined() ? total.numel() : 0;
  }
  workspace.release(mark);
}

}  // namespace finemix
