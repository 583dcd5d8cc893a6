#include "finemix/defense/prune.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include <string>

#include "../model/plain_bert.h"
#include "finemix/core/error.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/relu_wide";

std::string of_layer(std::size_t layer, const char* name) {
  return "bert.encoder.layer." + std::to_string(layer) + "." + name;
}

TEST(UnitActivity, IsTheMeanOfAPlainPass) {
  for (const char* name : {"/model/relu_wide", "/model/post_ln_gelu"}) {
    const std::string directory = std::string(FINEMIX_TEST_DATA) + name;
    const Model model = load_model(directory);
    const auto tokenizer = load_tokenizer(directory);
    const EncodedTexts texts =
        encode_all(*tokenizer, read_dataset(directory + "/texts.tsv", true), 40);
    Classifier classifier(model, c10::Device(c10::kCPU));
    const std::vector<at::Tensor> found = unit_activity(classifier, texts);
    testing::PlainBert plain(model.weights, model.config);
    plain.logits(pack(texts, c10::Device(c10::kCPU)));
    const auto layers = static_cast<std::size_t>(model.config.num_hidden_layers);
    ASSERT_EQ(found.size(), layers);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      std::vector<at::Tensor> rows;
      for (std::size_t i = layer; i < plain.active().size(); i += layers) {
        const at::Tensor& active = plain.active()[i];
        rows.push_back(layer + 1 == layers ? active.narrow(0, 0, 1) : active);
      }
      const at::Tensor expected = at::cat(rows).abs().mean(0);
      EXPECT_LT((found[layer] - expected).abs().max().item<double>(), 1e-5) << layer;
    }
  }
}

class Prunes : public ::testing::Test {
 protected:
  Prunes() : model_(load_model(kModel)) {
    for (std::int64_t i = 0; i < model_.config.num_hidden_layers; ++i) {
      activity_.push_back(at::rand({model_.config.intermediate_size}, at::kDouble));
    }
  }
  MixResult pruned(double rho, Prune prune) const {
    return prune_units(model_.weights, activity_, rho, prune);
  }

  Model model_;
  std::vector<at::Tensor> activity_;
};

TEST_F(Prunes, TheLeastActiveUnitsOfEachLayer) {
  const StateDict before = clone(model_.weights);
  for (const Prune prune : {Prune::kOutput, Prune::kWhole}) {
    const MixResult result = pruned(0.3, prune);  // 36 of 120 units
    StateDict expected = clone(model_.weights);
    for (std::size_t layer = 0; layer < activity_.size(); ++layer) {
      const at::Tensor order = at::argsort(activity_[layer]);
      for (std::int64_t i = 0; i < 84; ++i) {
        const auto unit = order[i].item<std::int64_t>();
        expected.at(of_layer(layer, "output.dense.weight")).select(1, unit).zero_();
        if (prune == Prune::kOutput) continue;
        expected.at(of_layer(layer, "intermediate.dense.weight"))[unit].zero_();
        expected.at(of_layer(layer, "intermediate.dense.bias"))[unit].zero_();
      }
    }
    for (const auto& [name, tensor] : expected) {
      EXPECT_TRUE(result.weights.at(name).equal(tensor)) << name;
      EXPECT_TRUE(model_.weights.at(name).equal(before.at(name))) << name;
    }
    const std::uint64_t of_unit = prune == Prune::kWhole ? 48 + 1 + 48 : 48;
    EXPECT_EQ(result.record.kept, 3 * 36 * of_unit);
    EXPECT_EQ(result.record.total, 3 * 120 * of_unit);
  }
}

TEST_F(Prunes, TheEndsOfRho) {
  const StateDict all = pruned(1, Prune::kWhole).weights;
  for (const auto& [name, tensor] : model_.weights) EXPECT_TRUE(all.at(name).equal(tensor)) << name;
  const StateDict none = pruned(0, Prune::kOutput).weights;
  EXPECT_EQ(none.at(of_layer(1, "output.dense.weight")).count_nonzero().item<std::int64_t>(), 0);
  EXPECT_THROW(pruned(-0.1, Prune::kOutput), Error);
}

// Units of the same activity are pruned from the last on, so that a result does not depend on
// chance.
TEST_F(Prunes, TiesByOrder) {
  for (at::Tensor& activity : activity_) activity.fill_(1.0);
  const at::Tensor weight =
      pruned(0.5, Prune::kOutput).weights.at(of_layer(0, "output.dense.weight"));
  EXPECT_TRUE(weight.narrow(1, 0, 60).equal(
      model_.weights.at(of_layer(0, "output.dense.weight")).narrow(1, 0, 60)));
  EXPECT_EQ(weight.narrow(1, 60, 60).count_nonzero().item<std::int64_t>(), 0);
}

}  // namespace
}  // namespace finemix
