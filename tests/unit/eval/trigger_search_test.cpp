#include "finemix/eval/trigger_search.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../train/tiny_sentences.h"
#include "finemix/attack/poison.h"

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

Dataset sentences() { return testing::tiny_sentences(4); }

class TriggerSearch : public ::testing::Test {
 protected:
  // A classifier of the sentences, backdoored with the word unless it is empty.
  Classifier trained(const std::string& trigger) {
    Dataset data = sentences();
    if (!trigger.empty()) {
      AttackOptions options;
      options.triggers = {trigger};
      options.target_label = 1;
      options.poison_rate = 1;
      data = poison(data, options, 1).data;
      const Dataset more = poison(sentences(), options, 2).data;
      data.examples.insert(data.examples.end(), more.examples.begin(), more.examples.end());
    }
    TrainOptions training;
    training.epochs = 60;
    training.learning_rate = 3e-3;
    training.batch_size = 8;
    Classifier model{load_model(kModel), c10::Device(c10::kCPU)};
    train(model, tokenize_labelled(*tokenizer_, data, 2, 32), training, nullptr, no_progress());
    return model;
  }
  std::vector<SuspectedTrigger> search(Classifier& model, TriggerSearchOptions options = {}) const {
    return search_triggers(model, encode_all(*tokenizer_, sentences(), 32), *tokenizer_, options,
                           no_progress());
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
};

bool has(const std::vector<SuspectedTrigger>& found, const std::string& text) {
  return std::ranges::find(found, text, &SuspectedTrigger::text) != found.end();
}

TEST_F(TriggerSearch, FindsTheWordThatABackdoorWasMadeWith) {
  Classifier backdoored = trained("sleep");
  const auto found = search(backdoored);
  const auto trigger = std::ranges::find(found, "sleep", &SuspectedTrigger::text);
  ASSERT_NE(trigger, found.end());
  EXPECT_EQ(trigger->target_label, 1);
  EXPECT_EQ(trigger->ids, std::vector<std::int64_t>{tokenizer_->id("sleep")});
  EXPECT_EQ(trigger->flip_rate.total, 8u);
  EXPECT_GE(trigger->flip_rate.value, 0.75);

  Classifier clean = trained("");
  EXPECT_FALSE(has(search(clean), "sleep"));
}

TEST_F(TriggerSearch, GivesNoSpecialPieces) {
  Classifier model = trained("sleep");
  TriggerSearchOptions all;
  all.flip_rate = 0;
  for (const SuspectedTrigger& found : search(model, all)) {
    EXPECT_EQ(std::ranges::count(tokenizer_->special_ids(), found.ids.at(0)), 0) << found.text;
  }
}

TEST_F(TriggerSearch, TooFewTextsTellNothing) {
  Classifier model = trained("sleep");
  TriggerSearchOptions all;
  all.flip_rate = 0;
  const auto count = [&](std::size_t texts) {
    Dataset data = sentences();
    std::erase_if(data.examples, [](const Example& example) { return example.label == 1; });
    data.examples.resize(texts);
    return search_triggers(model, encode_all(*tokenizer_, data, 32), *tokenizer_, all,
                           no_progress())
        .size();
  };
  EXPECT_GT(count(8), 0u);
  EXPECT_EQ(count(7), 0u);
  EXPECT_EQ(count(0), 0u);
}

// A text that is cut at the longest length gives a piece up for the one that is tried.
TEST_F(TriggerSearch, TextsAtTheLongestLengthAreTriedToo) {
  Classifier backdoored = trained("sleep");
  TriggerSearchOptions options;
  options.max_length = 5;
  const auto found = search_triggers(backdoored, encode_all(*tokenizer_, sentences(), 5),
                                     *tokenizer_, options, no_progress());
  EXPECT_TRUE(has(found, "sleep"));
}

}  // namespace
}  // namespace finemix
