#include "finemix/defense/fine_purify.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <string>

#include "../model/model_testing.h"
#include "finemix/core/error.h"
#include "finemix/text/tokenizer.h"
#include "finemix/train/examples.h"

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

// Against autograd in float64, by scripts/oracle/defense/make_fisher.py.
TEST(FisherDiagonal, IsTheMeanOfSquaredGradients) {
  const Model model = load_model(kModel);
  const auto tokenizer = load_tokenizer(kModel);
  const Dataset data = read_dataset(kModel + "/texts.tsv", true);
  const EncodedTexts texts = encode_all(*tokenizer, data, 64);
  Classifier classifier(model, c10::Device(c10::kCPU));
  const StateDict found = fisher_diagonal(classifier, texts, labels_of(data));
  EXPECT_EQ(found.size(), model.weights.size());
  for (const auto& [name, expected] :
       testing::read_expected(FINEMIX_TEST_DATA "/defense/fisher.safetensors")) {
    const double error = ((found.at(name) - expected).norm() / expected.norm()).item<double>();
    EXPECT_LT(error, 1e-4) << name;
  }
}

class FinePurify : public ::testing::Test {
 protected:
  FinePurify() {
    for (const char* name : {"bert.a", "bert.b"}) {
      pretrained_.emplace(name, at::randn({50, 33}));
      suspect_.emplace(name, pretrained_.at(name) + at::randn({50, 33}));
      curvature_.emplace(name, at::rand({50, 33}));
    }
    curvature_.at("bert.b").narrow(0, 0, 5).zero_();
    suspect_.emplace("classifier.bias", at::randn({2}));
  }

  StateDict pretrained_, suspect_, curvature_;
};

TEST_F(FinePurify, KeepsTheSmallestDriftsForTheirCurvature) {
  const MixResult result = fine_purify(pretrained_, suspect_, curvature_, 0.4);
  EXPECT_EQ(result.record.kept, 1320u);
  EXPECT_EQ(result.record.total, 3300u);
  std::vector<at::Tensor> kept, reset;
  for (const char* name : {"bert.a", "bert.b"}) {
    const at::Tensor &mixed = result.weights.at(name), &suspect = suspect_.at(name);
    const at::Tensor drift = suspect - pretrained_.at(name);
    const at::Tensor indicator = drift.square() / (curvature_.at(name) + 1e-20);
    const at::Tensor same = mixed.eq(suspect);
    EXPECT_TRUE(mixed.masked_select(~same).equal(pretrained_.at(name).masked_select(~same)));
    kept.push_back(indicator.masked_select(same));
    reset.push_back(indicator.masked_select(~same));
  }
  EXPECT_EQ(at::cat(kept).numel(), 1320);
  EXPECT_LE(at::cat(kept).max().item<float>(), at::cat(reset).min().item<float>());
  // What the clean texts do not use, and fine-tuning has moved, goes first.
  EXPECT_TRUE(
      result.weights.at("bert.b").narrow(0, 0, 5).equal(pretrained_.at("bert.b").narrow(0, 0, 5)));
  EXPECT_TRUE(result.weights.at("classifier.bias").equal(suspect_.at("classifier.bias")));
}

TEST_F(FinePurify, TheOrderDoesNotDependOnTheScaleOfTheCurvature) {
  const StateDict before = fine_purify(pretrained_, suspect_, curvature_, 0.4).weights;
  for (auto& [name, tensor] : curvature_) tensor *= 0x1p-30;
  const StateDict after = fine_purify(pretrained_, suspect_, curvature_, 0.4).weights;
  EXPECT_TRUE(after.at("bert.a").equal(before.at("bert.a")));
}

TEST_F(FinePurify, TheEndsOfRhoAreTheModels) {
  const StateDict none = fine_purify(pretrained_, suspect_, curvature_, 0).weights;
  const StateDict all = fine_purify(pretrained_, suspect_, curvature_, 1).weights;
  for (const char* name : {"bert.a", "bert.b"}) {
    EXPECT_TRUE(none.at(name).equal(pretrained_.at(name)));
    EXPECT_TRUE(all.at(name).equal(suspect_.at(name)));
  }
  EXPECT_THROW(fine_purify(pretrained_, suspect_, curvature_, 1.1), Error);
}

}  // namespace
}  // namespace finemix
