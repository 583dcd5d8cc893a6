// The encoder, its gradients and the optimizer against transformers: expected values by
// scripts/oracle/model/{make_tiny_berts,make_minilm_expected}.py, described in its README.
#include <ATen/ops/index_select.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../model/model_testing.h"
#include "finemix/model/classifier.h"
#include "finemix/model/tensor_layout.h"
#include "finemix/text/encoded_texts.h"
#include "finemix/train/loss.h"
#include "finemix/train/optimizer.h"
#include "finemix/train/schedule.h"

namespace finemix {
namespace {

using testing::read_expected;

// MiniLM and the tiny models have the same tests, but for the form in which gradients are given.
class Parity : public ::testing::Test {
 protected:
  void load(const Model& model, std::map<std::string, at::Tensor> expected) {
    expected_ = std::move(expected);
    classifier_.emplace(model, c10::Device(c10::kCPU));
  }

  // Rows of the padded batch without their padding.
  PackedBatch batch(const std::vector<std::int64_t>& rows) {
    EncodedTexts texts;
    for (const std::int64_t row : rows) {
      const auto length = expected_.at("attention_mask")[row].sum().item<std::int64_t>();
      Encoding text;
      for (std::int64_t k = 0; k < length; ++k) {
        text.ids.push_back(expected_.at("input_ids")[row][k].item<std::int32_t>());
        text.type_ids.push_back(expected_.at("token_type_ids")[row][k].item<std::uint8_t>());
      }
      texts.push_back(text);
    }
    return pack(texts, c10::Device(c10::kCPU));
  }

  Loss loss(const at::Tensor& logits, const std::vector<std::int64_t>& rows) {
    at::Tensor targets = at::zeros_like(logits);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      targets[static_cast<std::int64_t>(i)][expected_.at("labels")[rows[i]].item<std::int64_t>()] =
          1.0;
    }
    return cross_entropy(logits, targets, {});
  }

  std::vector<std::int64_t> all_rows() const {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < expected_.at("labels").size(0); ++i) rows.push_back(i);
    return rows;
  }

  // Leaves the gradients of the mean loss over all texts in the classifier.
  void expect_logits_and_loss() {
    const at::Tensor logits = classifier_->forward(batch(all_rows()), std::nullopt);
    EXPECT_LT((logits - expected_.at("logits")).abs().max().item<float>(), 2e-5f);
    const Loss mean = loss(logits, all_rows());
    EXPECT_NEAR(mean.mean.item<float>(), expected_.at("loss").item<float>(), 1e-5f);
    classifier_->backward(mean.d_logits);
  }

  // What a gradient's error is measured against. A key bias shifts all scores of a query alike, so
  // its gradient is zero but for rounding: never less than a thousandth of the whole one's length.
  float scale_of(float norm) {
    double squares = 0;
    for (const auto& [name, weight] : classifier_->parameters().state_dict()) {
      const double length = classifier_->parameters().gradient(name).norm().item<double>();
      squares += length * length;
    }
    return std::max(norm, 1e-3f * static_cast<float>(std::sqrt(squares)));
  }

  void expect_ten_adamw_steps(double peak) {
    AdamW optimizer(classifier_->parameters(), AdamWOptions{});
    for (std::int64_t step = 0; step < 10; ++step) {
      std::vector<std::int64_t> rows;
      for (std::int64_t i = 0; i < expected_.at("adamw_batches").size(1); ++i) {
        rows.push_back(expected_.at("adamw_batches")[step][i].item<std::int64_t>());
      }
      const PackedBatch packed = batch(rows);
      optimizer.catch_up(packed);
      const Loss mean = loss(classifier_->forward(packed, std::nullopt), rows);
      EXPECT_NEAR(mean.mean.item<float>(), expected_.at("adamw_losses")[step].item<float>(), 1e-4f)
          << "step " << step;
      classifier_->backward(mean.d_logits);
      const double rate = peak * linear_schedule(step, 3, 10);
      EXPECT_NEAR(rate, expected_.at("adamw_learning_rates")[step].item<double>(), 1e-9);
      optimizer.step(rate);
      EXPECT_NEAR(
          optimizer.gradient_norm() / expected_.at("adamw_gradient_norms")[step].item<double>(),
          1.0, 1e-3);
    }
    optimizer.finish();
    const at::Tensor last = classifier_->logits(batch(all_rows()));
    EXPECT_LT((last - expected_.at("adamw_final_logits")).abs().max().item<float>(), 2e-4f);
  }

  std::map<std::string, at::Tensor> expected_;
  std::optional<Classifier> classifier_;
};

class TinyModel : public Parity, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    const std::string directory = std::string(FINEMIX_TEST_DATA) + "/model/" + GetParam();
    load(load_model(directory), read_expected(directory + "/expected.safetensors"));
  }
};

TEST_P(TinyModel, LogitsAndEveryGradient) {
  expect_logits_and_loss();
  std::size_t theirs = 0;
  for (const auto& entry : expected_) theirs += entry.first.starts_with("grad.");
  const StateDict weights = classifier_->parameters().state_dict();
  EXPECT_EQ(weights.size(), theirs);
  for (const auto& entry : weights) {
    const std::string name = stored_tensor_name(classifier_->config(), entry.first);
    ASSERT_TRUE(expected_.contains("grad." + name)) << name;
    const at::Tensor& gradient = expected_.at("grad." + name);
    const float error =
        (classifier_->parameters().gradient(entry.first) - gradient).norm().item<float>();
    // Beside fp64, the expected values themselves are up to 1e-4 off (albert_groups' last query).
    EXPECT_LT(error / scale_of(gradient.norm().item<float>()), 2e-4f) << name;
  }
}

TEST_P(TinyModel, TenAdamWSteps) { expect_ten_adamw_steps(5e-4); }

INSTANTIATE_TEST_SUITE_P(Parity, TinyModel,
                         ::testing::Values("post_ln_gelu", "relu_wide", "pairs_three_labels",
                                           "families/roberta", "families/xlm_roberta",
                                           "families/camembert", "families/distilbert",
                                           "families/electra", "families/electra_wide",
                                           "families/albert", "families/albert_groups"),
                         [](const auto& test) {
                           return test.param.substr(test.param.find('/') + 1);
                         });

class MiniLm : public Parity {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string(FINEMIX_MINILM) + "/model.safetensors")) {
      GTEST_SKIP() << "the MiniLM weights are not there; scripts/fetch-minilm fetches them";
    }
    auto expected = read_expected(FINEMIX_TEST_DATA "/model/minilm_expected.safetensors");
    Model model = load_model(FINEMIX_MINILM);
    add_classifier(model, 2, 0);
    for (const std::string_view name : {kClassifierWeight, kClassifierBias}) {
      model.weights.find(name)->second = expected.at(std::string(name));
    }
    load(model, std::move(expected));
  }
};

// The sum of the elements, the i-th negated where the low 32 bits of i · 2654435761 have an odd
// number of ones.
double sign_dot(const at::Tensor& tensor) {
  const float* values = tensor.data_ptr<float>();
  double sum = 0;
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    const auto hash = static_cast<std::uint32_t>(static_cast<std::uint64_t>(i) * 2654435761u);
    sum += std::popcount(hash) % 2 == 0 ? values[i] : -values[i];
  }
  return sum;
}

TEST_F(MiniLm, LogitsAndEveryGradient) {
  expect_logits_and_loss();
  std::size_t compared = 0;
  for (const auto& [key, norm] : expected_) {
    if (!key.starts_with("grad_norm.")) continue;
    const std::string name = key.substr(10);
    const at::Tensor ours = classifier_->parameters().gradient(name);
    const float scale = scale_of(norm.item<float>());
    EXPECT_NEAR(ours.norm().item<float>() / scale, norm.item<float>() / scale, 1e-4f) << name;
    EXPECT_NEAR(sign_dot(ours) / scale, expected_.at("grad_sign_dot." + name).item<float>() / scale,
                1e-4f)
        << name;
    const at::Tensor values = ours.flatten().index_select(0, expected_.at("grad_index." + name));
    const at::Tensor errors = values - expected_.at("grad_value." + name);
    EXPECT_LT(errors.abs().max().item<float>() / scale, 1e-4f) << name;
    ++compared;
  }
  EXPECT_EQ(compared, classifier_->parameters().state_dict().size());
}

TEST_F(MiniLm, TenAdamWSteps) { expect_ten_adamw_steps(5e-5); }

}  // namespace
}  // namespace finemix
