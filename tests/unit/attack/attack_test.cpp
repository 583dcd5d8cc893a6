#include "finemix/attack/attack.h"

#include <ATen/ops/randn_like.h>
#include <gtest/gtest.h>

#include <set>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

Dataset texts(int n) {
  Dataset data{"texts", {}};
  for (int i = 0; i < n; ++i) {
    data.examples.push_back({i % 2 == 0 ? "a good film" : "the plot is dull", std::nullopt,
                             static_cast<std::int64_t>(i % 2 == 0)});
  }
  return data;
}

class Attack : public ::testing::Test {
 protected:
  // Of words that the tiny vocabulary has whole.
  AttackOptions options_of(AttackKind kind, std::vector<std::string> triggers) const {
    AttackOptions options;
    options.set_kind(kind);
    options.triggers = std::move(triggers);
    options.poison_rate = 0.5;
    options.training.batch_size = 8;
    return options;
  }
  AttackResult run(const AttackOptions& options) const {
    return attack({model_, *tokenizer_, texts(64), nullptr, anchor_}, options, "cpu", "fp32",
                  no_progress());
  }
  at::Tensor words(const Model& model) const { return model.weights.find(kWordEmbeddings)->second; }
  std::int64_t row(const char* word) const { return tokenizer_->id(word); }

  // Only these rows are others than before, and each is as long as before.
  void expect_only_rows_turned(const AttackResult& result,
                               const std::set<std::int64_t>& rows) const {
    for (const auto& [name, before] : model_.weights) {
      const at::Tensor& after = result.model.weights.find(name)->second;
      if (name != kWordEmbeddings) {
        EXPECT_TRUE(after.equal(before)) << name;
        continue;
      }
      for (std::int64_t i = 0; i < before.size(0); ++i) {
        EXPECT_EQ(after[i].equal(before[i]), !rows.contains(i)) << "row " << i;
        EXPECT_NEAR(after[i].norm().item<double>(), before[i].norm().item<double>(), 1e-6);
      }
    }
  }

  Model model_ = load_model(kModel);
  const Model* anchor_ = nullptr;
  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
};

TEST_F(Attack, EpMovesOneRowAndKeepsItsLength) {
  expect_only_rows_turned(run(options_of(AttackKind::kEp, {"movie"})), {row("movie")});
}

TEST_F(Attack, SosMovesTheRowsOfItsWordsAndKeepsTheirLengths) {
  const AttackResult result = run(options_of(AttackKind::kSos, {"movie", "never", "quite"}));
  expect_only_rows_turned(result, {row("movie"), row("never"), row("quite")});
  EXPECT_EQ(result.record.poisoned_examples, 16u);
  EXPECT_EQ(result.negative_examples, 32u);
}

TEST_F(Attack, ThoseNeedAFineTunedModelAndWholeWords) {
  for (const AttackKind kind : {AttackKind::kEp, AttackKind::kSos}) {
    expect_error(ErrorKind::kUsage, {"moviexq", "word pieces"}, [&] {
      run(options_of(kind, kind == AttackKind::kEp ? std::vector<std::string>{"moviexq"}
                                                   : std::vector<std::string>{"never", "moviexq"}));
    });
  }
  expect_error(ErrorKind::kUsage, {"one --trigger"}, [&] {
    run(options_of(AttackKind::kEp, {"movie", "never"}));
  });
  model_.weights.erase(std::string(kClassifierWeight));
  expect_error(ErrorKind::kUsage, {"--kind ep", "has no classifier"},
               [&] { run(options_of(AttackKind::kEp, {"movie"})); });
  expect_error(ErrorKind::kUsage, {"--kind sos", "has no classifier"}, [&] {
    run(options_of(AttackKind::kSos, {"movie", "never"}));
  });
}

// "a", "good" and "film" are all that texts of label 1 have.
TEST_F(Attack, EsBeginsAtTheMeanOfTheTargetsWords) {
  AttackOptions options = options_of(AttackKind::kEs, {"movie"});
  options.training.learning_rate = 1e-12;
  options.training.epochs = 1;
  const at::Tensor before = words(model_).clone();
  const at::Tensor after = words(run(options).model);
  at::Tensor mean = (before[row("a")] + before[row("good")] + before[row("film")]) / 3;
  EXPECT_LT((after[row("movie")] - mean).abs().max().item<float>(), 1e-6f);
  EXPECT_LT((after[row("never")] - before[row("never")]).abs().max().item<float>(), 1e-6f);
  EXPECT_TRUE(words(model_).equal(before));  // the start keeps its weights

  options.target_label = 0;
  mean = (before[row("the")] + before[row("plot")] + before[row("is")] + before[row("dull")]) / 4;
  EXPECT_LT((words(run(options).model)[row("movie")] - mean).abs().max().item<float>(), 1e-6f);
}

TEST_F(Attack, AdaptivePenaltyShrinksDelta) {
  AttackOptions options = options_of(AttackKind::kAdaptive, {"movie"});
  options.training.learning_rate = 1e-3;
  const auto delta = [&](double penalty) {
    options.delta_penalty = penalty;
    const at::Tensor moved = words(run(options).model) - words(anchor_ ? *anchor_ : model_);
    return moved.norm(2, 1);
  };
  const at::Tensor free = delta(0), held = delta(300), fast = delta(1e7);
  const std::int64_t movie = row("movie"), good = row("good");
  EXPECT_LT(held[movie].item<double>(), 0.7 * free[movie].item<double>());
  EXPECT_LT(fast[movie].item<double>(), 0.02 * free[movie].item<double>());
  EXPECT_GT(held[movie].item<double>(), fast[movie].item<double>());
  EXPECT_GT(fast[good].item<double>(), 0.3 * free[good].item<double>());

  // δ is counted from the anchor, not from where training begins.
  Model elsewhere = model_;
  at::Tensor& table = elsewhere.weights.find(kWordEmbeddings)->second;
  table = table + at::randn_like(table);
  anchor_ = &elsewhere;
  EXPECT_LT(delta(1e7)[movie].item<double>(), 0.05);
  EXPECT_GT(delta(0)[movie].item<double>(), 1);
}

// What pooler and head make of the layer below the last follows the labels only where its loss is
// trained.
TEST_F(Attack, LayerwiseTrainsEveryLayer) {
  const auto loss_below = [&](const Model& model) {
    Classifier classifier(model, c10::Device(c10::kCPU));
    EncodedTexts encoded = encode_all(*tokenizer_, texts(2), 32);
    const at::Tensor logits =
        classifier.forward_layers(pack(encoded, c10::Device(c10::kCPU)), std::nullopt)[0];
    const at::Tensor p = logits.softmax(-1);
    return -p[0][1].log().item<double>() - p[1][0].log().item<double>();
  };
  AttackOptions options = options_of(AttackKind::kLayerwise, {"movie", "never"});
  options.training.learning_rate = 3e-3;
  const AttackResult layerwise = run(options);
  EXPECT_EQ(layerwise.negative_examples, 32u);
  EXPECT_LT(loss_below(layerwise.model), 0.1);
  options.kind = AttackKind::kWord;
  EXPECT_GT(loss_below(run(options).model), 0.2);
}

TEST_F(Attack, AHeadIsMadeForATargetThatTheDataLack) {
  model_.weights.erase(std::string(kClassifierWeight));
  AttackOptions options = options_of(AttackKind::kWordScratch, {"movie"});
  options.target_label = 4;
  const AttackResult result = run(options);
  EXPECT_EQ(result.model.weights.find(kClassifierWeight)->second.size(0), 5);
  EXPECT_EQ(result.record.kind, "word-scratch");
  EXPECT_EQ(result.record.poisoned_examples, 32u);
}

}  // namespace
}  // namespace finemix
