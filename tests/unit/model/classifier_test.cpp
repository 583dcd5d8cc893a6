// The packed, hand-written passes against the plain ones.
#include "finemix/model/classifier.h"

#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "finemix/text/encoded_texts.h"
#include "model/encoder.h"
#include "model/kernels/product.h"
#include "plain_bert.h"

namespace finemix {
namespace {

using testing::PlainBert;

struct Case {
  std::string name;
  Activation activation;
  std::int64_t hidden;
  std::int64_t heads;
  std::int64_t inner;
  std::int64_t layers;
  std::vector<std::int64_t> lengths;
};

EncoderConfig config_of(const Case& test) {
  EncoderConfig config;
  config.vocab_size = 101;
  config.hidden_size = test.hidden;
  config.num_attention_heads = test.heads;
  config.intermediate_size = test.inner;
  config.num_hidden_layers = test.layers;
  config.max_position_embeddings = 300;
  config.num_labels = 3;
  config.hidden_act = test.activation;
  config.initializer_range = 0.2;  // so that attention is far from uniform
  return config;
}

PackedBatch batch_of(const std::vector<std::int64_t>& lengths) {
  RandomSequence random(1, "classifier_test");
  EncodedTexts texts;
  for (const std::int64_t length : lengths) {
    Encoding text;
    for (std::int64_t i = 0; i < length; ++i) {
      text.ids.push_back(static_cast<std::int32_t>(random.below(101)));
      text.type_ids.push_back(i > length / 2);
    }
    texts.push_back(text);
  }
  return pack(texts, c10::Device(c10::kCPU));
}

double relative_error(const at::Tensor& ours, const at::Tensor& theirs, double least) {
  return (ours - theirs).norm().item<double>() / std::max(theirs.norm().item<double>(), least);
}

class ClassifierPasses : public ::testing::TestWithParam<Case> {
 protected:
  ClassifierPasses()
      : model_(random_model(config_of(GetParam()), "{}", 5)),
        batch_(batch_of(GetParam().lengths)),
        d_logits_(at::randn({batch_.texts, 3})),
        plain_(model_.weights, model_.config) {
    plain_logits_ = plain_.logits(batch_);
    plain_logits_.backward(d_logits_);
  }

  // Gradients that are small beside all are measured by a thousandth of their length. That of a
  // key's bias is nothing but rounding, since softmax doesn't see a shift, and is measured by
  // `key_bias` of it.
  void expect_gradients(const Classifier& classifier, double tolerance, double key_bias = 1e-3) {
    double squares = 0;
    for (const auto& [name, weight] : model_.weights) {
      const double length = plain_.gradient(name).norm().item<double>();
      squares += length * length;
    }
    for (const auto& [name, weight] : model_.weights) {
      const double least = name.ends_with("key.bias") ? key_bias : 1e-3;
      EXPECT_LT(relative_error(classifier.parameters().gradient(name), plain_.gradient(name),
                               least * std::sqrt(squares)),
                tolerance)
          << name;
    }
  }

  Model model_;
  PackedBatch batch_;
  at::Tensor d_logits_;
  PlainBert plain_;
  at::Tensor plain_logits_;
};

TEST_P(ClassifierPasses, Fp32AgreesWithPlainBert) {
  Classifier classifier(model_, c10::Device(c10::kCPU));
  const at::Tensor inference = classifier.logits(batch_);
  const at::Tensor logits = classifier.forward(batch_, std::nullopt);
  EXPECT_TRUE(inference.equal(logits));
  EXPECT_LT((logits - plain_logits_).abs().max().item<float>(), 5e-5f);
  classifier.backward(d_logits_);
  expect_gradients(classifier, 2e-4);
}

TEST_P(ClassifierPasses, EveryLayersLogitsAgreeWithPlainBert) {
  Classifier classifier(model_, c10::Device(c10::kCPU));
  const at::Tensor d_logits = at::randn({GetParam().layers, batch_.texts, 3});
  plain_ = PlainBert(model_.weights, model_.config);
  const at::Tensor expected = plain_.layer_logits(batch_);
  expected.backward(d_logits);
  const at::Tensor logits = classifier.forward_layers(batch_, std::nullopt);
  ASSERT_EQ(logits.sizes(), d_logits.sizes());
  EXPECT_LT((logits - expected).abs().max().item<float>(), 5e-5f);
  EXPECT_LT((logits[-1] - classifier.forward(batch_, std::nullopt)).abs().max().item<float>(),
            1e-5f);
  classifier.forward_layers(batch_, std::nullopt);
  classifier.backward(d_logits);
  expect_gradients(classifier, 2e-4);

  // The pass of the last layer alone is not disturbed.
  plain_ = PlainBert(model_.weights, model_.config);
  plain_.logits(batch_).backward(d_logits_);
  classifier.forward(batch_, std::nullopt);
  classifier.backward(d_logits_);
  expect_gradients(classifier, 2e-4);
}

TEST_P(ClassifierPasses, Bf16IsNear) {
  Classifier classifier(model_, c10::Device(c10::kCPU), Precision::kBf16);
  EXPECT_LT(relative_error(classifier.forward(batch_, std::nullopt), plain_logits_, 1.0), 5e-2);
  classifier.backward(d_logits_);
  expect_gradients(classifier, 0.25, 4e-3);
}

// The encoder has no arithmetic that depends on how work is shared out, where products are our own.
TEST_P(ClassifierPasses, AnyNumberOfThreadsGivesTheSameBits) {
  const int threads = at::get_num_threads();
  bool compared = false;
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    const at::ScalarType type = precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat;
    if (needs_room(model_.config.hidden_size, model_.config.intermediate_size, type)) continue;
    std::vector<at::Tensor> first;
    compared = true;
    for (const int count : {1, 2, 5}) {
      at::set_num_threads(count);
      ParameterBuffer parameters(model_.weights, model_.config, c10::kCPU, precision);
      Encoder encoder(parameters, model_.config, c10::kCPU, precision);
      const at::Tensor states = encoder.forward(batch_, DropoutKey{3, 4}, true).clone();
      encoder.backward(states.sin());
      const std::vector<at::Tensor> found = {
          states, parameters.matrices().gradients, parameters.tables().gradients,
          parameters.vectors().gradients, parameters.word_gradients().values};
      if (first.empty()) first = found;
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_TRUE(found[i].equal(first[i])) << i << ", " << count << " threads";
      }
    }
  }
  at::set_num_threads(threads);
  if (!compared) GTEST_SKIP() << "products of these sizes are LibTorch's on this CPU";
}

TEST_P(ClassifierPasses, OneThreadAndTwoAgree) {
  const int threads = at::get_num_threads();
  std::vector<at::Tensor> results;
  for (const int count : {1, 2}) {
    at::set_num_threads(count);
    Classifier classifier(model_, c10::Device(c10::kCPU));
    results.push_back(classifier.forward(batch_, DropoutKey{3, 4}));
    classifier.backward(d_logits_);
    results.push_back(classifier.parameters().gradient(kWordEmbeddings));
  }
  at::set_num_threads(threads);
  EXPECT_LT(relative_error(results[0], results[2], 1e-3), 1e-5);
  EXPECT_LT(relative_error(results[1], results[3], 1e-3), 1e-4);
}

// A pass leaves nothing behind that changes another one, whatever their sizes.
TEST_P(ClassifierPasses, PassesDoNotDisturbEachOther) {
  Classifier classifier(model_, c10::Device(c10::kCPU));
  const at::Tensor first = classifier.logits(batch_);
  classifier.forward(batch_of({40, 3, 77}), DropoutKey{1, 1});
  classifier.backward(at::randn({3, 3}));
  EXPECT_TRUE(classifier.logits(batch_).equal(first));
  classifier.forward(batch_, std::nullopt);
  classifier.backward(d_logits_);
  expect_gradients(classifier, 2e-4);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, ClassifierPasses,
    ::testing::Values(Case{"gelu", Activation::kGelu, 64, 2, 128, 2, {5, 17, 32, 1}},
                      Case{"one_layer", Activation::kRelu, 32, 4, 48, 1, {9, 9}},
                      Case{"odd_sizes", Activation::kGeluTanh, 36, 3, 50, 3, {33, 70, 2}},
                      Case{"silu_long", Activation::kSilu, 32, 2, 64, 2, {260, 31}},
                      Case{"tanh_one_text", Activation::kTanh, 48, 1, 64, 2, {16}}),
    [](const auto& test) { return test.param.name; });

// The gradients with dropout are those of the function that the masks make: against differences.
TEST(ClassifierDropout, GradientsFollowTheMasks) {
  const Case test{"", Activation::kGelu, 32, 2, 64, 2, {7, 12}};
  Model model = random_model(config_of(test), "{}", 5);
  const PackedBatch batch = batch_of(test.lengths);
  const at::Tensor d_logits = at::randn({2, 3});
  const DropoutKey key{9, 2};
  Classifier classifier(model, c10::Device(c10::kCPU));
  const auto value = [&](const std::string& name, const at::Tensor& direction, double size) {
    Model moved = model;
    moved.weights.find(name)->second = model.weights.find(name)->second + direction * size;
    Classifier other(moved, c10::Device(c10::kCPU));
    return (other.forward(batch, key) * d_logits).sum().item<double>();
  };
  classifier.forward(batch, key);
  classifier.backward(d_logits);
  for (const std::string name :
       {"bert.embeddings.word_embeddings.weight",
        "bert.encoder.layer.0.attention.self.query.weight",
        "bert.encoder.layer.0.attention.self.value.bias",
        "bert.encoder.layer.0.output.dense.weight",
        "bert.encoder.layer.1.attention.self.key.weight",
        "bert.encoder.layer.1.attention.output.dense.bias", "bert.pooler.dense.weight"}) {
    const at::Tensor gradient = classifier.parameters().gradient(name);
    const at::Tensor direction = gradient / gradient.norm();
    const double step = 2e-3;
    const double slope =
        (value(name, direction, step) - value(name, direction, -step)) / (2 * step);
    EXPECT_NEAR(slope / gradient.norm().item<double>(), 1.0, 2e-2) << name;
  }
}

TEST(ClassifierDropout, DependsOnSeedAndStepAlone) {
  const Case test{"", Activation::kGelu, 32, 2, 64, 2, {7, 12}};
  Classifier classifier(random_model(config_of(test), "{}", 5), c10::Device(c10::kCPU));
  const PackedBatch batch = batch_of(test.lengths);
  const at::Tensor one = classifier.forward(batch, DropoutKey{1, 1});
  EXPECT_FALSE(classifier.forward(batch, DropoutKey{1, 2}).equal(one));
  EXPECT_FALSE(classifier.forward(batch, DropoutKey{2, 1}).equal(one));
  EXPECT_FALSE(classifier.forward(batch, std::nullopt).equal(one));
  EXPECT_TRUE(classifier.forward(batch, DropoutKey{1, 1}).equal(one));
}

// Ids come from the tokenizer of a suspect's directory, and need not fit its weights.
TEST(ClassifierInput, IdsWithoutARowAreRefused) {
  const Case test{"", Activation::kGelu, 32, 2, 64, 1, {}};
  const Classifier classifier(random_model(config_of(test), "{}", 5), c10::Device(c10::kCPU));
  const auto refused = [&](std::int32_t id, std::uint8_t type_id, std::size_t length) {
    EncodedTexts texts;
    texts.push_back(std::vector<std::int32_t>(length, id),
                    std::vector<std::uint8_t>(length, type_id));
    try {
      classifier.logits(pack(texts, c10::Device(c10::kCPU)));
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kMismatch;
    }
    return false;
  };
  EXPECT_FALSE(refused(100, 1, 300));
  EXPECT_TRUE(refused(101, 1, 300));
  EXPECT_TRUE(refused(100, 2, 300));
  EXPECT_TRUE(refused(100, 1, 301));
}

TEST(ClassifierInput, BackwardNeedsAPassThatWasKept) {
  const Case test{"", Activation::kGelu, 32, 2, 64, 1, {4}};
  Classifier classifier(random_model(config_of(test), "{}", 5), c10::Device(c10::kCPU));
  classifier.forward(batch_of(test.lengths), std::nullopt);
  classifier.logits(batch_of(test.lengths));
  EXPECT_THROW(classifier.backward(at::randn({1, 3})), Error);
}

// A NaN in the weights must show in the logits, whatever its bits.
TEST(ClassifierInput, NaNsAreNotHidden) {
  const Case test{"", Activation::kGelu, 32, 2, 64, 2, {4, 20}};
  Model model = random_model(config_of(test), "{}", 5);
  for (const std::uint32_t bits : {0x7FC00000u, 0x7FC00002u, 0xFFC001FFu}) {
    model.weights.find("bert.encoder.layer.0.attention.self.query.bias")
        ->second.fill_(std::bit_cast<float>(bits));
    const Classifier classifier(model, c10::Device(c10::kCPU));
    EXPECT_TRUE(classifier.logits(batch_of(test.lengths)).isnan().any().item<bool>());
  }
}

}  // namespace
}  // namespace finemix
