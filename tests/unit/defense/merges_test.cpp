// Against mergekit's results, which scripts/oracle/defense/make_merges.py wrote.
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "../model/model_testing.h"
#include "finemix/defense/mix.h"

namespace finemix {
namespace {

constexpr double kRho = 0.3;    // the script's
constexpr double kLarge = 500;  // elements of a tensor whose L1 norm is near what is expected of it

class Merges : public ::testing::Test {
 protected:
  Merges() {
    for (auto& [name, tensor] :
         testing::read_expected(FINEMIX_TEST_DATA "/defense/merges.safetensors")) {
      const std::size_t dot = name.find('.');
      models_[name.substr(0, dot)].emplace(name.substr(dot + 1), std::move(tensor));
    }
  }

  MixResult ours(Select select, std::uint64_t seed = 1) const {
    return mix(models_.at("pretrained"), models_.at("suspect"), {kRho, select, seed});
  }

  // Where a mix differs from the pre-trained weights; few of the suspect's weights are theirs.
  static at::Tensor kept(const at::Tensor& mixed, const at::Tensor& pretrained) {
    return mixed.ne(pretrained);
  }

  std::map<std::string, StateDict> models_;
};

TEST_F(Merges, WeightAverageIsMergekitsLinear) {
  const StateDict average = ours(Select::kAverage).weights;
  for (const auto& [name, theirs] : models_.at("linear")) {
    EXPECT_LT((average.at(name) - theirs).abs().max().item<float>(), 1e-7f) << name;
  }
}

TEST_F(Merges, TiesIsMergekitsWithOneModel) {
  const MixResult result = ours(Select::kTrimmed);
  std::uint64_t all = 0;
  for (const MixTensorRecord& tensor : result.record.tensors) {
    const at::Tensor& pretrained = models_.at("pretrained").at(tensor.name);
    const at::Tensor& mixed = result.weights.at(tensor.name);
    const at::Tensor& theirs = models_.at("ties").at(tensor.name);
    EXPECT_TRUE(kept(mixed, pretrained).equal(kept(theirs, pretrained))) << tensor.name;
    EXPECT_LT((mixed - theirs).abs().max().item<float>(), 1e-7f) << tensor.name;
    EXPECT_EQ(tensor.kept,
              static_cast<std::uint64_t>(std::floor(kRho * static_cast<double>(tensor.total))));
    all += tensor.kept;
  }
  EXPECT_EQ(result.record.kept, all);
}

// mergekit draws another mask, and scales a tensor to its old L1 norm where the paper divides by ρ:
// so what is kept is compared in number, and the scale on average.
TEST_F(Merges, DareIsMergekitsButForTheMask) {
  for (const bool rescaled : {false, true}) {
    const MixResult result = ours(rescaled ? Select::kRescaled : Select::kRandom);
    std::int64_t all = 0, all_theirs = 0;
    double total = 0;
    for (const MixTensorRecord& tensor : result.record.tensors) {
      const at::Tensor& pretrained = models_.at("pretrained").at(tensor.name);
      const at::Tensor delta = models_.at("suspect").at(tensor.name) - pretrained;
      const at::Tensor& mixed = result.weights.at(tensor.name);
      const at::Tensor& theirs = models_.at(rescaled ? "dare_rescaled" : "dare").at(tensor.name);
      const at::Tensor mask = kept(mixed, pretrained);
      const double n = static_cast<double>(tensor.total);
      const double deviation = std::sqrt(n * kRho * (1 - kRho));
      EXPECT_EQ(static_cast<std::uint64_t>(mask.sum().item<std::int64_t>()), tensor.kept);
      EXPECT_NEAR(static_cast<double>(tensor.kept), kRho * n, 4 * deviation) << tensor.name;
      const double scale = rescaled ? 1 / kRho : 1;
      EXPECT_LT(((mixed - pretrained) - at::where(mask, delta * scale, at::zeros_like(delta)))
                    .abs()
                    .max()
                    .item<float>(),
                2e-7f)
          << tensor.name;
      const at::Tensor their_mask = kept(theirs, pretrained);
      if (n > kLarge) {
        const double their_scale = ((theirs - pretrained).abs().sum() /
                                    at::where(their_mask, delta.abs(), at::zeros_like(delta)).sum())
                                       .item<double>();
        EXPECT_NEAR(their_scale, scale, 0.3 * (scale - 1) + 1e-4) << tensor.name;
      }
      all += mask.sum().item<std::int64_t>();
      all_theirs += their_mask.sum().item<std::int64_t>();
      total += n;
    }
    EXPECT_EQ(all, std::llround(kRho * total));  // exactly, where mergekit draws
    EXPECT_NEAR(static_cast<double>(all_theirs), kRho * total,
                4 * std::sqrt(total * kRho * (1 - kRho)));
  }
}

}  // namespace
}  // namespace finemix
