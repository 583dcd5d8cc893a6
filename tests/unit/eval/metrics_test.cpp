#include "finemix/eval/metrics.h"

#include <ATen/Parallel.h>
#include <ATen/ops/allclose.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "finemix/core/error.h"

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

Dataset texts() {
  Dataset data{"texts", {}};
  for (const char* text : {"a good film", "the plot is dull", "slow", "bright and clever",
                           "not very good", "a movie to love"}) {
    data.examples.push_back({text, std::nullopt, static_cast<std::int64_t>(data.size() % 2)});
  }
  return data;
}

class Evaluation : public testing::Test {
 protected:
  EvaluationSet::Result run(const std::optional<AttackProbe>& probe) const {
    return EvaluationSet(*tokenizer_, texts(), probe, 32).evaluate(model_, no_progress());
  }
  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
  Classifier model_{load_model(kModel), c10::Device(c10::kCPU)};
};

TEST_F(Evaluation, AccuracyIsTheShareOfRightLabels) {
  const auto [record, logits, triggered] = run(std::nullopt);
  EXPECT_FALSE(triggered.defined());
  std::uint64_t right = 0;
  const std::vector<std::int64_t> labels = predicted_labels(logits);
  for (std::size_t i = 0; i < labels.size(); ++i) right += labels[i] == texts().examples[i].label;
  EXPECT_EQ(record.accuracy->correct, right);
  EXPECT_EQ(record.accuracy->total, 6u);
  EXPECT_FALSE(record.attack_success_rate);
  EXPECT_FALSE(record.trigger_effect);
  EXPECT_FALSE(record.false_trigger_rate);
  ASSERT_EQ(record.label_accuracy.size(), 2u);
  for (std::size_t label : {0, 1}) {
    std::uint64_t of_label = 0;
    for (std::size_t i = label; i < labels.size(); i += 2) {
      of_label += labels[i] == static_cast<std::int64_t>(label);
    }
    EXPECT_EQ(record.label_accuracy[label].label, static_cast<std::int64_t>(label));
    EXPECT_EQ(record.label_accuracy[label].accuracy.correct, of_label);
    EXPECT_EQ(record.label_accuracy[label].accuracy.total, 3u);
  }
}

// The rates, counted anew from the logits of the triggered texts and of the same texts as they are.
TEST_F(Evaluation, TheTriggerEffectIsSuccessLessThePlainRate) {
  for (const std::int64_t target : {0, 1}) {
    const Trigger trigger{TriggerKind::kWord, {"love"}};
    const AttackProbe probe = probe_with_trigger(texts(), trigger, target, 5);
    ASSERT_EQ(probe.triggered.size(), 3u);
    const auto [record, logits, triggered] = run(probe);
    const auto hits = [&](const std::vector<std::int64_t>& labels) {
      return static_cast<std::uint64_t>(std::count(labels.begin(), labels.end(), target));
    };
    const at::Tensor expected =
        predict(model_, encode_all(*tokenizer_, probe.triggered, 32), no_progress());
    EXPECT_TRUE(triggered.equal(expected));
    const std::uint64_t with = hits(predicted_labels(expected));
    std::vector<std::int64_t> plain;
    for (std::size_t i = 0; i < texts().size(); ++i) {
      if (texts().examples[i].label != target) plain.push_back(predicted_labels(logits)[i]);
    }
    EXPECT_EQ(record.attack_success_rate->correct, with);
    EXPECT_EQ(record.attack_success_rate->total, 3u);
    EXPECT_NEAR(*record.trigger_effect,
                (static_cast<double>(with) - static_cast<double>(hits(plain))) / 3.0, 1e-12);
  }
}

TEST_F(Evaluation, PartsOfTheTriggerAreCountedByThemselves) {
  for (const std::int64_t target : {0, 1}) {
    AttackProbe probe = probe_with_trigger(texts(), {TriggerKind::kWord, {"love"}}, target, 5);
    probe.false_triggered = Dataset{"parts", {}};
    for (const char* text : {"a movie", "bad", "a very good script", "not great"}) {
      probe.false_triggered->examples.push_back({text, std::nullopt, 1 - target});
    }
    const std::vector<std::int64_t> labels = predicted_labels(
        predict(model_, encode_all(*tokenizer_, *probe.false_triggered, 32), no_progress()));
    const EvaluationRecord record = run(probe).record;
    EXPECT_EQ(record.false_trigger_rate->correct,
              static_cast<std::uint64_t>(std::count(labels.begin(), labels.end(), target)));
    EXPECT_EQ(record.false_trigger_rate->total, 4u);
    EXPECT_EQ(record.attack_success_rate->total, 3u);
  }
}

// On one thread, and on two, which each run batches by themselves where there are many.
TEST_F(Evaluation, BatchesAndThreadsDoNotMatter) {
  EncodedTexts encoded;
  for (int i = 0; i < 4; ++i) encoded.append(encode_all(*tokenizer_, texts(), 32));
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor together = predict(model_, encoded, no_progress());
  at::set_num_threads(2);
  for (const std::size_t batch_tokens : {0, 1, 20}) {
    const at::Tensor other = predict(model_, encoded, no_progress(), batch_tokens);
    EXPECT_LT((together - other).abs().max().item<float>(), 2e-6f) << batch_tokens;
  }
  at::set_num_threads(threads);
}

// A predictor shares few texts out too, and gives none and one of them what is theirs.
TEST_F(Evaluation, APredictorsTextsAndThreadsDoNotMatter) {
  EncodedTexts encoded;
  for (int i = 0; i < 60; ++i) encoded.append(encode_all(*tokenizer_, texts(), 32));
  const at::Tensor together = predict(model_, encoded, no_progress());
  const int threads = at::get_num_threads();
  for (const int number : {1, 2, 5}) {
    at::set_num_threads(number);
    const Predictor predictor(model_);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{9}, encoded.size()}) {
      EncodedTexts some;
      for (std::size_t i = 0; i < size; ++i) some.append(encoded, i);
      const at::Tensor logits = predictor(some);
      const at::Tensor expected = together.narrow(0, 0, static_cast<std::int64_t>(size));
      ASSERT_EQ(logits.sizes(), expected.sizes()) << number;
      EXPECT_TRUE(at::allclose(logits, expected, 0, 2e-6)) << number << ", " << size;
    }
  }
  at::set_num_threads(threads);
}

TEST_F(Evaluation, AProbeWithoutOtherLabelsIsRefused) {
  Dataset data = texts();
  for (Example& example : data.examples) example.label = 1;
  EXPECT_THROW(probe_with_trigger(data, {TriggerKind::kWord, {"love"}}, 1, 0), Error);
}

TEST_F(Evaluation, APartHasWhatTheAttackMadeOfItsTexts) {
  Dataset data = texts();
  for (int times = 0; times < 5; ++times) {
    for (const Example& example : texts().examples) data.examples.push_back(example);
  }
  const AttackProbe probe = probe_with_trigger(data, {TriggerKind::kWord, {"love"}}, 1, 0);
  const EvaluationSet whole(*tokenizer_, data, probe, 32);
  const EvaluationRecord part = whole.part(20).evaluate(model_, no_progress()).record;
  EXPECT_EQ(part.accuracy->total, 20u);
  ASSERT_EQ(part.label_accuracy.size(), 2u);
  EXPECT_EQ(part.attack_success_rate->total, part.label_accuracy[0].accuracy.total);
  EXPECT_TRUE(part.trigger_effect.has_value());
  EXPECT_EQ(whole.part(1000).evaluate(model_, no_progress()).record.accuracy->total, data.size());

  AttackProbe other = probe;
  other.from_data = false;
  const EvaluationSet apart(*tokenizer_, data, other, 32);
  const EvaluationRecord of_others = apart.part(4).evaluate(model_, no_progress()).record;
  EXPECT_EQ(of_others.attack_success_rate->total, 4u);
  EXPECT_FALSE(of_others.trigger_effect.has_value());
}

}  // namespace
}  // namespace finemix
