// One set of weights in every form in which a checkpoint comes, against transformers: expected
// values by scripts/oracle/model/save_variants.py.
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <string>

#include "finemix/model/classifier.h"
#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"
#include "model_testing.h"

namespace finemix {
namespace {

const std::string kVariants = FINEMIX_TEST_DATA "/model/variants/";

class Variant : public ::testing::TestWithParam<std::string> {};

TEST_P(Variant, IdsAndLogitsAreThoseOfTransformers) {
  const auto expected = testing::read_expected(kVariants + "expected.safetensors");
  const std::string directory = kVariants + GetParam();
  const auto tokenizer = load_tokenizer(directory);
  const Dataset texts = read_dataset(kVariants + "texts.tsv", false);
  const EncodedTexts encoded = encode_all(*tokenizer, texts, 128);
  const at::Tensor& ids = expected.at("input_ids");
  const at::Tensor& mask = expected.at("attention_mask");
  ASSERT_EQ(static_cast<std::int64_t>(encoded.size()), ids.size(0));
  for (std::int64_t row = 0; row < ids.size(0); ++row) {
    const auto found = encoded.ids(static_cast<std::size_t>(row));
    ASSERT_EQ(static_cast<std::int64_t>(found.size()), mask[row].sum().item<std::int64_t>());
    for (std::size_t k = 0; k < found.size(); ++k) {
      EXPECT_EQ(found[k], ids[row][static_cast<std::int64_t>(k)].item<std::int64_t>());
    }
  }

  const bool complete = expected.contains(GetParam() + ".logits");
  Model model = load_model(directory);
  EXPECT_EQ(model.weights.contains(kClassifierWeight), complete);
  if (!complete) return;  // the backbone alone: what it computes is seen through the whole ones
  const Classifier classifier(model, c10::Device(c10::kCPU));
  const at::Tensor logits = classifier.logits(pack(encoded, c10::Device(c10::kCPU)));
  EXPECT_LT((logits - expected.at(GetParam() + ".logits")).abs().max().item<float>(), 2e-5f);
}

// Every form holds the weights of `one_file`, where it holds them at all; the narrow ones to their
// precision.
TEST_P(Variant, WeightsAreTheSame) {
  const StateDict whole = load_model(kVariants + "one_file").weights;
  const double tolerance = GetParam() == "bf16" ? 8e-3 : GetParam() == "f16" ? 1e-3 : 0.0;
  const StateDict weights = load_model(kVariants + GetParam()).weights;
  EXPECT_GT(weights.size(), 10u);
  for (const auto& [name, tensor] : weights) {
    ASSERT_TRUE(whole.contains(name)) << name;
    const at::Tensor& other = whole.find(name)->second;
    EXPECT_TRUE(tensor.allclose(other, tolerance, tolerance * 1e-2)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoint, Variant,
                         ::testing::Values("one_file", "vocab_txt", "shards", "f16", "bf16",
                                           "no_prefix", "no_pooler", "masked_lm", "old_names"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace finemix
