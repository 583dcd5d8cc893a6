#include "model/workspace.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

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

TEST(Workspace, APassThatNeededSeveralBlocksIsOneBlockAfterwards) {
  constexpr std::int64_t kLarge = 3'000'000;  // bytes of each; a block has 4 MB at first
  Workspace workspace;
  const auto pass = [&] {
    std::vector<std::uintptr_t> places;
    for (int i = 0; i < 6; ++i) {
      const at::Tensor taken = workspace.take({kLarge / 4}, kFloats);
      taken.fill_(i);  // all of it is there
      places.push_back(place(taken));
    }
    return places;
  };
  pass();
  workspace.release_all();
  const std::vector<std::uintptr_t> places = pass();
  for (std::size_t i = 1; i < places.size(); ++i) {
    EXPECT_GE(places[i], places[i - 1] + kLarge);
    EXPECT_LT(places[i], places[i - 1] + kLarge + 4096);  // one after the other
  }
  workspace.release_all();
  EXPECT_EQ(pass(), places);  // and nothing is allocated any more
}

}  // namespace
}  // namespace finemix
