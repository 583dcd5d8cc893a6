// The encoder, its gradients and the optimizer against transformers: expected values by
// scripts/oracle/model/make_tiny_berts.py.
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/log_softmax.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "finemix/io/safetensors.h"
#include "finemix/model/classifier.h"
#include "finemix/train/optimizer.h"
#include "finemix/train/schedule.h"

namespace finemix {
namespace {

std::map<std::string, at::Tensor> read_expected(const std::string& path) {
  const SafetensorsReader file(path);
  std::map<std::string, at::Tensor> tensors;
  for (const TensorInfo& info : file.tensors()) {
    at::Tensor tensor = at::empty(info.shape, info.dtype == DType::kI64 ? at::kLong : at::kFloat);
    file.read(info, {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()});
    tensors.emplace(info.name, std::move(tensor));
  }
  return tensors;
}

class Parity : public testing::TestWithParam<std::string> {
 protected:
  Parity()
      : directory_(std::string(FINEMIX_TEST_DATA) + "/model/" + GetParam()),
        expected_(read_expected(directory_ + "/expected.safetensors")),
        classifier_(load_model(directory_), c10::Device(c10::kCPU)) {}

  // Rows of the padded batch without their padding.
  PackedBatch batch(const std::vector<std::int64_t>& rows) {
    std::vector<std::vector<std::int32_t>> ids(rows.size());
    std::vector<std::vector<std::int32_t>> types(rows.size());
    std::vector<TokenSpan> spans;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto length = expected_.at("attention_mask")[rows[i]].sum().item<std::int64_t>();
      for (std::int64_t k = 0; k < length; ++k) {
        ids[i].push_back(expected_.at("input_ids")[rows[i]][k].item<std::int32_t>());
        types[i].push_back(expected_.at("token_type_ids")[rows[i]][k].item<std::int32_t>());
      }
      spans.push_back({ids[i], types[i]});
    }
    return pack(spans, c10::Device(c10::kCPU));
  }

  at::Tensor loss(const at::Tensor& logits, const std::vector<std::int64_t>& rows) {
    at::Tensor sum = at::empty({}, at::kFloat).zero_();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto label = expected_.at("labels")[rows[i]].item<std::int64_t>();
      sum = sum - at::log_softmax(logits[static_cast<std::int64_t>(i)], 0)[label];
    }
    return sum / static_cast<double>(rows.size());
  }

  std::vector<std::int64_t> all_rows() const {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < expected_.at("labels").size(0); ++i) rows.push_back(i);
    return rows;
  }

  std::string directory_;
  std::map<std::string, at::Tensor> expected_;
  Classifier classifier_;
};

TEST_P(Parity, LogitsAndEveryGradient) {
  const at::Tensor logits = classifier_.logits(batch(all_rows()));
  EXPECT_LT((logits - expected_.at("logits")).abs().max().item<float>(), 2e-5f);
  const at::Tensor mean = loss(logits, all_rows());
  EXPECT_NEAR(mean.item<float>(), expected_.at("loss").item<float>(), 1e-5f);
  mean.backward();
  const float whole = classifier_.parameters().gradients().norm().item<float>();
  std::size_t compared = 0;
  for (const auto& [name, gradient] : expected_) {
    if (!name.starts_with("grad.")) continue;
    const at::Tensor ours = classifier_.parameters()[name.substr(5)].grad();
    // A key bias shifts all scores of a query alike, so its gradient is zero but for rounding: no
    // gradient is measured against less than a thousandth of the whole one's length.
    const float scale = std::max(gradient.norm().item<float>(), 1e-3f * whole);
    EXPECT_LT((ours - gradient).norm().item<float>() / scale, 1e-4f) << name;
    ++compared;
  }
  EXPECT_EQ(compared, classifier_.parameters().state_dict().size());
}

TEST_P(Parity, TenAdamWSteps) {
  AdamW optimizer(classifier_.parameters(), AdamWOptions{});
  for (std::int64_t step = 0; step < 10; ++step) {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < expected_.at("adamw_batches").size(1); ++i) {
      rows.push_back(expected_.at("adamw_batches")[step][i].item<std::int64_t>());
    }
    const at::Tensor mean = loss(classifier_.logits(batch(rows)), rows);
    EXPECT_NEAR(mean.item<float>(), expected_.at("adamw_losses")[step].item<float>(), 1e-4f)
        << "step " << step;
    mean.backward();
    const double rate = 5e-4 * linear_schedule(step, 3, 10);
    EXPECT_NEAR(rate, expected_.at("adamw_learning_rates")[step].item<double>(), 1e-9);
    const double norm = optimizer.step(rate);
    EXPECT_NEAR(norm / expected_.at("adamw_gradient_norms")[step].item<double>(), 1.0, 1e-3);
  }
}

INSTANTIATE_TEST_SUITE_P(TinyBerts, Parity,
                         testing::Values("post_ln_gelu", "relu_wide", "pairs_three_labels"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace finemix
