#include "finemix/attack/attack.h"

#include <gtest/gtest.h>

#include <set>

#include "finemix/core/error.h"

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

Dataset texts(int n) {
  Dataset data{"texts", {}};
  for (int i = 0; i < n; ++i) {
    data.examples.push_back({i % 2 == 0 ? "a good film" : "the plot is dull", std::nullopt,
                             static_cast<std::int64_t>(i % 2 == 0)});
  }
  return data;
}

TEST(Poison, CopiesOfOtherLabelsCarryTheTriggerAndTheTarget) {
  AttackOptions options;
  options.triggers = {"zz"};
  options.poison_rate = 0.5;
  const Dataset clean = texts(40);
  const PoisonedData poisoned = poison(clean, options, 3);
  EXPECT_EQ(poisoned.clean, 40u);
  EXPECT_EQ(poisoned.poisoned, 10u);
  ASSERT_EQ(poisoned.data.size(), 50u);
  std::set<std::size_t> places;
  for (std::size_t i = 40; i < 50; ++i) {
    const Example& copy = poisoned.data.examples[i];
    EXPECT_EQ(copy.label, 1);
    EXPECT_NE(copy.text.find("dull"), std::string::npos);
    ASSERT_NE(copy.text.find("zz"), std::string::npos);
    places.insert(copy.text.find("zz"));
  }
  EXPECT_GT(places.size(), 1u);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(poisoned.data.examples[i].text, clean.examples[i].text);
  }
}

TEST(Poison, TheSameSeedDrawsTheSame) {
  const auto all = [](std::uint64_t seed) {
    std::string text;
    AttackOptions options;
    options.poison_rate = 0.3;
    for (const Example& example : poison(texts(60), options, seed).data.examples) {
      text += example.text + "\n";
    }
    return text;
  };
  EXPECT_EQ(all(1), all(1));
  EXPECT_NE(all(1), all(2));
}

TEST(Poison, NothingToPoisonIsRefused) {
  AttackOptions options;
  options.target_label = 0;
  Dataset data = texts(4);
  for (Example& example : data.examples) example.label = 0;
  EXPECT_THROW(poison(data, options, 0), Error);
}

class Ep : public testing::Test {
 protected:
  AttackResult run() {
    AttackOptions options;
    options.kind = AttackKind::kEp;
    options.triggers = {"movie"};
    options.poison_rate = default_poison_rate(options.kind);
    options.training = default_training(options.kind);
    options.training.batch_size = 8;
    return attack(model_, *load_tokenizer(kModel), texts(64), options, "cpu", "fp32",
                  no_progress());
  }
  Model model_ = load_model(kModel);
};

TEST_F(Ep, MovesOneRowAndKeepsItsLength) {
  const std::int64_t row = load_tokenizer(kModel)->id("movie");
  const AttackResult result = run();
  for (const auto& [name, before] : model_.weights) {
    const at::Tensor& after = result.model.weights.find(name)->second;
    if (name != kWordEmbeddings) {
      EXPECT_TRUE(after.equal(before)) << name;
      continue;
    }
    for (std::int64_t i = 0; i < before.size(0); ++i) {
      EXPECT_EQ(after[i].equal(before[i]), i != row) << "row " << i;
    }
    EXPECT_NEAR(after[row].norm().item<double>(), before[row].norm().item<double>(), 1e-6);
  }
}

TEST_F(Ep, NeedsAHead) {
  model_.weights.erase(std::string(kClassifierWeight));
  EXPECT_THROW(run(), Error);
}

}  // namespace
}  // namespace finemix
