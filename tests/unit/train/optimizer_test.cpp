#include "finemix/train/optimizer.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "finemix/model/classifier.h"
#include "finemix/text/encoded_texts.h"
#include "train/lazy_rows.h"

namespace finemix {
namespace {

EncoderConfig tiny_config() {
  EncoderConfig config;
  config.vocab_size = 40;
  config.hidden_size = 24;
  config.num_hidden_layers = 1;
  config.num_attention_heads = 2;
  config.intermediate_size = 32;
  config.max_position_embeddings = 8;
  return config;
}

simd::AdamWStep step_of(int index) {
  simd::AdamWStep step{};
  step.rate = 1e-2f / static_cast<float>(index + 1);
  step.decay = 1e-4f * static_cast<float>(index % 5);
  step.beta1 = 0.9f;
  step.beta2 = 0.999f;
  step.epsilon = 1e-8f;
  step.correction1 = static_cast<float>(1 / (1 - std::pow(0.9, index + 1)));
  step.correction2 = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, index + 1)));
  step.gradient_scale = 0.5f;
  return step;
}

// How many of matrices, tables and vectors are not as they were before.
int parts_changed(Classifier& classifier, const at::Tensor& before) {
  const ParameterBuffer& parameters = classifier.parameters();
  int changed = 0;
  for (const auto* part : {&parameters.matrices(), &parameters.tables(), &parameters.vectors()}) {
    changed += !part->weights.equal(before.narrow(0, part->start, part->weights.numel()));
  }
  return changed;
}

// Rows that are left for later end up with every bit that they would have had.
TEST(LazyRows, IsTheSameAsDoingEveryStepOnEveryRow) {
  constexpr std::int64_t kRows = 2500;  // more than one block's moments
  constexpr std::int64_t kWidth = 37;
  const at::Tensor start = at::randn({kRows, kWidth});
  at::Tensor lazy_table = start.clone(), table = start.clone();
  at::Tensor first = start.clone().zero_(), second = start.clone().zero_();
  LazyRows lazy(lazy_table);
  RandomSequence random(0, "lazy");
  for (int i = 0; i < 60; ++i) {
    RowGradients gradients;
    for (std::int64_t row = 0; row < kRows; ++row) {
      if (random.below(7) == 0 && row % 3 != 0) gradients.rows.push_back(row);  // some never
    }
    gradients.values = at::randn({static_cast<std::int64_t>(gradients.rows.size()), kWidth});
    lazy.catch_up(gradients.rows);
    for (const std::int64_t row : gradients.rows) {
      ASSERT_TRUE(lazy_table[row].equal(table[row])) << "step " << i << ", row " << row;
    }
    lazy.step(step_of(i), gradients);
    at::Tensor whole = start.clone().zero_();
    for (std::size_t g = 0; g < gradients.rows.size(); ++g) {
      whole[gradients.rows[g]].copy_(gradients.values[static_cast<std::int64_t>(g)]);
    }
    simd::kernels<float>().adamw(step_of(i), table.numel(), whole.data_ptr<float>(),
                                 table.data_ptr<float>(), first.data_ptr<float>(),
                                 second.data_ptr<float>(), nullptr);
  }
  EXPECT_FALSE(lazy_table.equal(table));  // something was left for later
  lazy.catch_up_all();
  EXPECT_TRUE(lazy_table.equal(table));
}

TEST(AdamW, ClipsToTheGlobalNorm) {
  const Model model = random_model(tiny_config(), "{}", 1);
  const auto weights_after = [&](double scale, double clip) {
    ParameterBuffer parameters(model.weights, model.config, c10::Device(c10::kCPU),
                               Precision::kFp32);
    AdamWOptions options;
    options.gradient_clip = clip;
    AdamW optimizer(parameters, options);
    for (const auto* part : {&parameters.matrices(), &parameters.tables(), &parameters.vectors()}) {
      part->gradients.fill_(scale);
    }
    parameters.word_gradients() = {{3, 7}, at::empty({2, 24}).fill_(scale)};
    optimizer.step(1e-3);
    const auto elements =
        static_cast<double>(parameters.weights().numel() - (40 - 2) * 24);  // with a gradient
    EXPECT_NEAR(optimizer.gradient_norm() / (scale * std::sqrt(elements)), 1.0, 1e-5);
    optimizer.finish();
    return parameters.weights().clone();
  };
  // Adam does not see its gradients' scale, but for epsilon: so both steps are one learning rate.
  EXPECT_TRUE(weights_after(1.0, 1.0).allclose(weights_after(1.0, 0.0), 0, 2e-6));
  // With a gradient far below epsilon it does.
  EXPECT_FALSE(weights_after(1.0, 1e-9).allclose(weights_after(1.0, 0.0), 0, 2e-6));
}

TEST(AdamW, WritesTheOperandsAnew) {
  const Model model = random_model(tiny_config(), "{}", 1);
  ParameterBuffer parameters(model.weights, model.config, c10::Device(c10::kCPU), Precision::kBf16);
  AdamW optimizer(parameters, AdamWOptions{});
  const at::Tensor before = parameters.matrices().weights.clone();
  parameters.matrices().gradients.copy_(at::randn({parameters.matrices().gradients.numel()}));
  optimizer.step(1e-2);
  optimizer.finish();
  EXPECT_FALSE(parameters.matrices().weights.equal(before));
  EXPECT_TRUE(
      parameters.matrices().operands.equal(parameters.matrices().weights.to(at::kBFloat16)));
}

// What a step puts off is done by the pass after it, weight by weight before it is read.
TEST(AdamW, APassReadsWeightsThatAreUpToDate) {
  EncoderConfig config = tiny_config();
  config.hidden_size = 64;  // several pieces of an update, and products of our own
  config.intermediate_size = 256;
  config.num_hidden_layers = 3;
  const Model model = random_model(config, "{}", 1);
  EncodedTexts texts;
  for (const std::int32_t first : {3, 9, 20}) {
    texts.extend(std::vector<std::int32_t>{first, 1, 2, 5, 8}, 0);
    texts.end_text();
  }
  const PackedBatch batch = pack(texts, c10::Device(c10::kCPU));
  const int threads = at::get_num_threads();
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    std::vector<at::Tensor> weights;
    const auto logits_after = [&](bool finish) {
      Classifier classifier(model, c10::Device(c10::kCPU), precision);
      AdamW optimizer(classifier.parameters(), AdamWOptions{});
      const at::Tensor logits = classifier.forward(batch, DropoutKey{0, 0});
      classifier.backward(at::ones_like(logits));
      const at::Tensor before = classifier.parameters().weights().clone();
      optimizer.step(1e-2);
      if (finish) optimizer.finish();
      EXPECT_EQ(parts_changed(classifier, before), finish ? 3 : 2);  // matrices wait
      optimizer.catch_up(batch);
      const at::Tensor after = classifier.forward(batch, DropoutKey{0, 1}).clone();
      optimizer.finish();
      weights.push_back(classifier.parameters().weights().clone());
      return after;
    };
    for (const int count : {1, 2}) {
      at::set_num_threads(count);
      const at::Tensor expected = logits_after(true);
      EXPECT_TRUE(logits_after(false).equal(expected)) << count << " threads";
      EXPECT_TRUE(weights.back().equal(weights[weights.size() - 2])) << count << " threads";
    }
    at::set_num_threads(threads);
  }
}

TEST(AdamW, ChangesNothingWhenAGradientIsNotFinite) {
  const Model model = random_model(tiny_config(), "{}", 1);
  ParameterBuffer parameters(model.weights, model.config, c10::Device(c10::kCPU), Precision::kFp32);
  AdamW optimizer(parameters, AdamWOptions{});
  const at::Tensor before = parameters.weights().clone();
  const NormView norm = parameters.norm("bert.encoder.layer.0.output.LayerNorm");
  norm.weight_gradient.fill_(std::numeric_limits<float>::infinity());
  try {
    optimizer.step(1e-3);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNumeric);
    EXPECT_NE(std::string(error.what()).find("layer.0.output.LayerNorm.weight"), std::string::npos)
        << error.what();
  }
  EXPECT_TRUE(parameters.weights().equal(before));
}

}  // namespace
}  // namespace finemix
