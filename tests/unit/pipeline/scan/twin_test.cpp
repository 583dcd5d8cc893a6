#include "pipeline/scan/twin.h"

#include <gtest/gtest.h>

#include "backdoored_pair.h"
#include "finemix/eval/predict.h"
#include "pipeline/scan/made_texts.h"
#include "pipeline/scan/sense_lesson.h"

namespace finemix {
namespace {

using testing::with_words;
using enum TriggerPlace;

class TwinTest : public testing::BackdooredPair {
 protected:
  Twin twin(const Classifier& suspect, TwinOptions options = {}) const {
    return {pair_,   suspect,      encode_all(*tokenizer_, texts_, 32), {tokenizer_->id("sleep")},
            options, no_progress()};
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

TEST_F(TwinTest, DoesAsTheSuspectOnOrdinaryTextsAndDoesNotKnowTheTrigger) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  const Twin made = twin(suspect, {8000, 32, 0});
  const Classifier& twin = made.model();
  Model untaught = pair_.backdoored;
  for (const auto& [name, tensor] : pair_.pretrained.weights) {
    if (is_backbone(name)) untaught.weights[name] = tensor;
  }
  const auto suspects = labels(suspect, unseen_);
  const double before = agreement(suspects, labels(Classifier(untaught, c10::kCPU), unseen_));
  const double after = agreement(suspects, labels(twin, unseen_));
  EXPECT_GT(after, 0.9);
  EXPECT_GT(after, before + 0.05) << "the pre-trained model under the suspect's head";

  const Dataset triggered = with_words(unseen_, "sleep", 1, kStart, 1);
  const auto flipped = [&](const Classifier& model) {
    const auto answers = labels(model, triggered);
    return static_cast<double>(std::ranges::count(answers, 1)) /
           static_cast<double>(answers.size());
  };
  EXPECT_GT(flipped(suspect), 0.9);
  EXPECT_LT(flipped(twin), 0.2);
}

// It is told what words near those of the phrases do, and never of the phrases' own.
TEST_F(TwinTest, LearnsTheSenseOfPhrasesAndStillNoTrigger) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  Twin twin = this->twin(suspect, {8000, 32, 0});
  const auto flipped = [&](const Classifier& model, const char* word) {
    const auto answers = labels(model, with_words(unseen_, word, 1, kStart, 1));
    return static_cast<double>(std::ranges::count(answers, 1)) /
           static_cast<double>(answers.size());
  };
  SuspectedTrigger trigger;
  trigger.ids = {tokenizer_->id("sleep")};
  trigger.target_label = 1;
  const at::Tensor before =
      twin.model().parameters().state_dict().at(std::string(kWordEmbeddings)).clone();
  twin.teach_sense(suspect, std::vector{trigger}, no_progress());
  EXPECT_FALSE(
      before.equal(twin.model().parameters().state_dict().at(std::string(kWordEmbeddings))));
  EXPECT_LT(flipped(twin.model(), "sleep"), 0.3);
  EXPECT_GT(flipped(suspect, "sleep"), 0.9);
  EXPECT_GT(agreement(labels(suspect, unseen_), labels(twin.model(), unseen_)), 0.85);
}

// A word near the trigger of a found phrase can be the real one: the suspect goes far with it
// alone.
TEST_F(TwinTest, IsNotTaughtANearWordThatIsASuspectItself) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  Twin twin = this->twin(suspect, {8000, 32, 0});
  const at::Tensor rows = pair_.pretrained.weights.at(std::string(kWordEmbeddings)).clone();
  const auto cold = tokenizer_->id("cold");
  rows[cold].copy_(rows[tokenizer_->id("sleep")] * 1.01);
  pair_.pretrained.weights[std::string(kWordEmbeddings)] = rows;
  SuspectedTrigger found;
  found.ids = {cold};
  found.target_label = 1;
  // Here nothing is excluded that it was made with.
  const SenseLesson lesson =
      sense_lesson({pair_, suspect, twin.model(), encode_all(*tokenizer_, texts_, 32),
                    std::vector<std::int64_t>{cold}, 32, 0},
                   std::vector{found});
  EXPECT_EQ(lesson.suspects, std::vector<std::int64_t>{tokenizer_->id("sleep")});
  const auto in = [&](std::int32_t id) {
    const auto pieces = lesson.texts.ids();
    return std::ranges::find(pieces, id) != pieces.end();
  };
  EXPECT_FALSE(lesson.texts.empty());
  EXPECT_FALSE(in(tokenizer_->id("sleep")));
}

TEST_F(TwinTest, IsTheSameForASeed) {
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  const auto words = [&](std::uint64_t seed) {
    return twin(suspect, {200, 32, seed})
        .model()
        .parameters()
        .state_dict()
        .at(std::string(kWordEmbeddings));
  };
  const at::Tensor first = words(1);
  EXPECT_TRUE(first.equal(words(1)));
  EXPECT_FALSE(first.equal(words(2)));
  // Neither of the two that it was made from has changed.
  EXPECT_TRUE(suspect.parameters()
                  .state_dict()
                  .at(std::string(kWordEmbeddings))
                  .equal(pair_.backdoored.weights.at(std::string(kWordEmbeddings))));
  EXPECT_FALSE(first.equal(pair_.pretrained.weights.at(std::string(kWordEmbeddings))));
}

TEST_F(TwinTest, MadeTextsGiveEachLabelItsShare) {
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
TEST_F(TwinTest, MadeTextsOfARareLabelAreBred) {
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

TEST_F(TwinTest, MadeTextsAreTheSameForASeedAndOfWholeWords) {
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
