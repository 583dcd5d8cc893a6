#include "model/workspace.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace finemix {
namespace {

std::uintptr_t place(const at::Tensor& tensor) {
  return reinterpret_cast<std::uintptr_t>(tensor.data_ptr());
}

const at::TensorOptions kFloats = at::TensorOptions(at::kFloat);

TEST(Workspace, TensorsAreAsAskedForAndApart) {
  Workspace workspace;
  std::vector<at::Tensor> taken;
  for (const std::int64_t rows : {1, 3, 1000, 5000}) {
    taken.push_back(workspace.take({rows, 384}, kFloats));
    taken.push_back(workspace.take({rows, 7}, at::TensorOptions(at::kBFloat16)));
    taken.push_back(workspace.take({rows}, at::TensorOptions(at::kLong)));
  }
  for (std::size_t i = 0; i < taken.size(); ++i) {
    EXPECT_TRUE(taken[i].is_contiguous());
    EXPECT_EQ(place(taken[i]) % 64, 0u);
    taken[i].fill_(static_cast<double>(i));
  }
  EXPECT_EQ(taken[1].sizes(), at::IntArrayRef({1, 7}));
  EXPECT_EQ(taken[1].scalar_type(), at::kBFloat16);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    EXPECT_TRUE(at::equal(taken[i], at::full_like(taken[i], static_cast<double>(i)))) << i;
  }
}

TEST(Workspace, WhatIsReleasedIsTakenAgain) {
  Workspace workspace;
  const at::Tensor kept = workspace.take({10}, kFloats);
  const Workspace::Mark mark = workspace.mark();
  const std::uintptr_t first = place(workspace.take({100}, kFloats));
  workspace.take({200}, kFloats);
  workspace.release(mark);
  EXPECT_EQ(place(workspace.take({300}, kFloats)), first);
  workspace.release_all();
  EXPECT_EQ(place(workspace.take({10}, kFloats)), place(kept));
}

TEST(Workspace, BlocksThatOnePassAddedServeTheNext) {
  constexpr std::int64_t kLarge = 12'000'000;  // bytes of each; a block has 16 MiB at first
  Workspace workspace;
  const auto pass = [&] {
    std::vector<std::uintptr_t> places;
    for (int i = 0; i < 6; ++i) places.push_back(place(workspace.take({kLarge / 4}, kFloats)));
    return places;
  };
  const std::vector<std::uintptr_t> places = pass();
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const std::uintptr_t low = std::min(places[i], places[j]);
      EXPECT_GE(std::max(places[i], places[j]), low + kLarge) << i << " and " << j;
    }
  }
  workspace.release_all();
  EXPECT_EQ(pass(), places);
  // A smaller pass has the first places, so that less memory is touched.
  workspace.release_all();
  EXPECT_EQ(place(workspace.take({10}, kFloats)), places.front());
}

}  // namespace
}  // namespace finemix
