#include "pipeline/scan/twins.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <gtest/gtest.h>

#include "backdoored_pair.h"
#include "finemix/eval/predict.h"
#include "pipeline/scan/made_texts.h"

namespace finemix {
namespace {

using testing::with_words;
using enum TriggerPlace;

class TwinsTest : public testing::BackdooredPair {
 protected:
  std::vector<Classifier> twins(const Classifier& suspect, std::size_t count,
                                TwinOptions options = {}) const {
    return make_twins(pair_, suspect, encode_all(*tokenizer_, texts_, 32),
                      std::vector<std::int64_t>{tokenizer_->id("sleep")}, count, options,
                      no_progress());
  }
  std::vector<std::int64_t> labels(const Classifier& model, const Dataset& data) const {
    return predicted_labels(predict(model, encode_all(*tokenizer_, data, 32), no_progress()));
  }
  static double agreement(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
    double same = 0;
    for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[i];
    return same / static_cast<double>(a.size());
  }
};

TEST_F(TwinsTest, DoAsTheSuspectOnOrdinaryTextsAndDoNotKnowTheTrigger) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  Model untaught = pair_.backdoored;
  for (const auto& [name, tensor] : pair_.pretrained.weights) {
    if (is_backbone(name)) untaught.weights[name] = tensor;
  }
  const auto suspects = labels(suspect, unseen_);
  const double before = agreement(suspects, labels(Classifier(untaught, c10::kCPU), unseen_));
  const Dataset triggered = with_words(unseen_, "sleep", 1, kStart, 1);
  const auto flipped = [&](const Classifier& model) {
    const auto answers = labels(model, triggered);
    return static_cast<double>(std::ranges::count(answers, 1)) /
           static_cast<double>(answers.size());
  };
  EXPECT_GT(flipped(suspect), 0.9);
  for (const Classifier& twin : twins(suspect, 2, {8000, 0})) {
    const double after = agreement(suspects, labels(twin, unseen_));
    EXPECT_GT(after, 0.9);
    EXPECT_GT(after, before + 0.05) << "the pre-trained model under the suspect's head";
    EXPECT_LT(flipped(twin), 0.2);
  }
}

TEST_F(TwinsTest, AreTheSameForASeedAndUnlikeEachOther) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  const std::string words(kWordEmbeddings);
  const std::string matrix = "bert.encoder.layer.0.output.dense.weight";
  const auto weights = [](const Classifier& model, const std::string& name) {
    return model.parameters().state_dict().at(name);
  };
  const std::vector<Classifier> some = twins(suspect, 2, {200, 1});
  const std::vector<Classifier> again = twins(suspect, 2, {200, 1});
  const std::vector<Classifier> others = twins(suspect, 2, {200, 2});
  ASSERT_EQ(some.size(), 2u);
  for (const std::string& name : {words, matrix}) {
    for (const std::size_t i : {0, 1}) {
      EXPECT_TRUE(weights(some[i], name).equal(weights(again[i], name))) << name;
      for (const std::size_t k : {0, 1}) {
        EXPECT_FALSE(weights(some[i], name).equal(weights(others[k], name))) << name;
      }
    }
    EXPECT_FALSE(weights(some[0], name).equal(weights(some[1], name))) << name;
  }
  // Neither of the two that they were made from has changed.
  EXPECT_TRUE(weights(suspect, words).equal(pair_.backdoored.weights.at(words)));
  EXPECT_FALSE(weights(some[0], words).equal(pair_.pretrained.weights.at(words)));
}

// What an attack on embeddings has made of a row is in no twin, however it is mixed; of all else a
// half is the suspect's, and little of it is moved by teaching the given texts alone.
TEST_F(TwinsTest, AreMadeOfHalfTheSuspectWithoutItsWordEmbeddings) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  const std::vector<Classifier> made = twins(suspect, 1, {0, 3});
  const StateDict weights = made.front().parameters().state_dict();
  const auto nearer = [&](const std::string& name) {
    const at::Tensor& before = pair_.pretrained.weights.at(name);
    const at::Tensor& after = pair_.backdoored.weights.at(name);
    const at::Tensor moved = (after - before).abs() > 1e-3;
    const at::Tensor to_suspect =
        (weights.at(name) - after).abs() < (weights.at(name) - before).abs();
    return at::where(moved, to_suspect, false).sum().item<double>() / moved.sum().item<double>();
  };
  EXPECT_LT(nearer(std::string(kWordEmbeddings)), 0.1);
  EXPECT_NEAR(nearer("bert.encoder.layer.0.output.dense.weight"), 0.5, 0.1);
}

TEST_F(TwinsTest, MadeTextsGiveEachLabelItsShare) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  const Dataset made = make_texts(suspect, *tokenizer_, 60, 1);
  ASSERT_EQ(made.size(), 60u);
  EXPECT_FALSE(made.labelled());
  EXPECT_FALSE(made.pairs());
  const auto answers = labels(suspect, made);
  EXPECT_GE(std::ranges::count(answers, 0), 27);
  EXPECT_GE(std::ranges::count(answers, 1), 27);
}

// A head that gives nearly all texts one label: those of the other have to be bred.
TEST_F(TwinsTest, MadeTextsOfARareLabelAreBred) {
  Model one_sided = pair_.backdoored;
  at::Tensor& bias = one_sided.weights.at(std::string(kClassifierBias));
  bias = bias.clone();
  // Texts of as many words, drawn as they are before any is bred.
  const Dataset drawn = make_texts(Classifier(one_sided, c10::kCPU), *tokenizer_, 120, 1);
  const at::Tensor logits =
      predict(Classifier(one_sided, c10::kCPU), encode_all(*tokenizer_, drawn, 32), no_progress());
  const at::Tensor lead =
      std::get<0>((logits.select(1, 0) - logits.select(1, 1)).sort(0, /*descending=*/true));
  bias[1] += (lead[2] + lead[3]) / 2;
  ASSERT_EQ(std::ranges::count(labels(Classifier(one_sided, c10::kCPU), drawn), 0), 3);
  const Classifier model(one_sided, c10::kCPU);
  const auto answers = labels(model, make_texts(model, *tokenizer_, 60, 2));
  ASSERT_EQ(answers.size(), 60u);
  EXPECT_GE(std::ranges::count(answers, 0), 15) << "some 6 of 240 that were drawn have it";
}

TEST_F(TwinsTest, MadeTextsAreTheSameForASeedAndOfWholeWords) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  const auto written = [&](std::uint64_t seed) {
    std::vector<std::string> texts;
    for (const Example& example : make_texts(suspect, *tokenizer_, 20, seed).examples) {
      texts.push_back(example.text);
    }
    return texts;
  };
  const std::vector<std::string> texts = written(1);
  EXPECT_EQ(texts, written(1));
  EXPECT_NE(texts, written(2));
  for (const std::string& text : texts) {
    const auto words = std::ranges::count(text, ' ') + 1;
    EXPECT_TRUE(words >= 5 && words <= 14) << text;
    const std::vector<std::int32_t> pieces = tokenizer_->pieces(text);
    EXPECT_EQ(pieces.size(), static_cast<std::size_t>(words)) << text;
    for (const std::int32_t piece : pieces) {
      EXPECT_GT(tokenizer_->token(piece).size(), 1u) << text;
      EXPECT_TRUE(is_text_piece(*tokenizer_, piece)) << text;
    }
  }
}

}  // namespace
}  // namespace finemix
