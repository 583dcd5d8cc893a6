#include "finemix/eval/landscape.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "../io/io_testing.h"
#include "../train/tiny_sentences.h"

namespace finemix {
namespace {

using testing::expect_error;

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

class LandscapeTest : public ::testing::Test {
 protected:
  // The weights of `model` with noise of this size.
  static Model moved(const Model& model, double size, std::uint64_t seed) {
    const Model noise = random_model(model.config, model.config_text, seed);
    Model result = model;
    for (auto& [name, tensor] : result.weights) {
      if (is_backbone(name)) tensor = tensor + size * noise.weights.at(name);
    }
    return result;
  }

  LandscapeRecord run(const Model& purified, const LandscapeOptions& options) const {
    return landscape(pretrained_, suspect_, purified, set_, options, at::kCPU, Precision::kFp32,
                     no_progress());
  }

  const Model suspect_ = load_model(kModel);
  const Model pretrained_ = moved(suspect_, 5, 1);
  const std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
  const Dataset data_ = testing::tiny_sentences(8);
  const EvaluationSet set_{*tokenizer_, data_,
                           probe_with_trigger(data_, {TriggerKind::kWord, {"sleep"}}, 1, 0), 32};
};

TEST_F(LandscapeTest, ThePointsAreTheModels) {
  const Model purified = moved(suspect_, 3, 2);
  const LandscapeRecord record = run(purified, {.points = 3, .margin = 0.5});
  ASSERT_EQ(record.points.size(), 3u);
  EXPECT_EQ(record.x.size(), 3u);
  EXPECT_EQ(record.accuracy.size(), 9u);
  EXPECT_EQ(record.attack_success_rate.size(), 9u);
  EXPECT_TRUE(std::is_sorted(record.x.begin(), record.x.end()));

  const auto expect_point = [&](std::size_t index, const Model& model) {
    const EvaluationRecord alone = set_.evaluate(Classifier(model, at::kCPU), no_progress()).record;
    EXPECT_EQ(record.points[index].accuracy, alone.accuracy->value);
    EXPECT_EQ(record.points[index].attack_success_rate, alone.attack_success_rate->value);
  };
  Model init = suspect_;
  for (const auto& [name, tensor] : pretrained_.weights) {
    if (is_backbone(name)) init.weights.at(name) = tensor;
  }
  expect_point(0, init);
  expect_point(1, suspect_);
  expect_point(2, purified);
  // The middle of an axis with a margin of a half on each side is the middle of what is spanned.
  EXPECT_NEAR(record.y[1], record.points[2].y / 2, 1e-9);
}

TEST_F(LandscapeTest, WhatSpansNoGridIsRefused) {
  expect_error(ErrorKind::kUsage, {"2 or more points"}, [&] { run(suspect_, {.points = 1}); });
  expect_error(ErrorKind::kUsage, {"no negative margin"}, [&] { run(suspect_, {.margin = -0.1}); });
}

TEST_F(LandscapeTest, ModelsOnOneLineAreRefused) {
  expect_error(ErrorKind::kMismatch, {"on one line"}, [&] { run(suspect_, {}); });
}

}  // namespace
}  // namespace finemix
