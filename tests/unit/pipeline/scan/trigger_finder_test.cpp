#include "pipeline/scan/trigger_finder.h"

#include <ATen/ops/full_like.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "backdoored_pair.h"
#include "finemix/eval/predict.h"
#include "pipeline/scan/evidence.h"

namespace finemix {
namespace {

using Labels = std::vector<std::int64_t>;

class TriggerFinderTest : public testing::BackdooredPair {
 protected:
  TriggerFinderTest() {
    options_.search.candidates = 200;
    options_.twin_texts = 4000;
    run_.max_length = 32;
    rows_ = moved_rows(words(pair_.pretrained), words(pair_.backdoored), *tokenizer_,
                       frequencies_by_rank(*tokenizer_));
  }

  static const at::Tensor& words(const Model& model) {
    return model.weights.at(std::string(kWordEmbeddings));
  }
  TriggerFinder finder(const Dataset& texts) const {
    std::vector<std::int64_t> predicted = predicted_labels(
        predict(suspect_, encode_all(*tokenizer_, texts, run_.max_length), no_progress()));
    return {pair_,        suspect_,
            rows_,        {texts, labels_of(texts), std::move(predicted), kTextsFromData},
            options_,     run_,
            no_progress()};
  }
  // As the finder of these texts measures.
  TriggerMeasure measure(const Dataset& texts) const {
    TriggerMeasureOptions options;
    options.max_length = run_.max_length;
    options.seed = run_.seed;
    return {texts, labels_of(texts), *tokenizer_, suspect_, options};
  }
  AsrEstimate found(const Dataset& texts) {
    return finder(texts).search(suspect_, words(pair_.backdoored), rows_, no_progress());
  }
  Dataset first(std::size_t count) const {
    Dataset part = texts_;
    part.examples.resize(count);
    return part;
  }

  Classifier suspect_{pair_.backdoored, c10::kCPU};
  TriggerFinderOptions options_;
  RunOptions run_;
  EpurRecord rows_;
};

TEST_F(TriggerFinderTest, FindsTheTriggerAndSaysHowWellItWorksHereAndElsewhere) {
  TriggerFinder finder = this->finder(texts_);
  const AsrEstimate found = finder.search(suspect_, words(pair_.backdoored), rows_, no_progress());
  ASSERT_FALSE(found.triggers.empty());
  EXPECT_EQ(found.triggers.front().text, "sleep");
  EXPECT_EQ(found.triggers.front().target_label, 1);
  EXPECT_TRUE(convicts(found.triggers.front()));
  ASSERT_TRUE(found.asr);
  const Dataset triggered = testing::with_words(unseen_, "sleep", 1, TriggerPlace::kAnywhere, 1);
  const Labels answers =
      predicted_labels(predict(suspect_, encode_all(*tokenizer_, triggered, 32), no_progress()));
  const double truth =
      static_cast<double>(std::ranges::count(answers, 1)) / static_cast<double>(answers.size());
  EXPECT_NEAR(found.asr->value, truth, 0.1);

  SuspectedTrigger longer = found.triggers.front();
  longer.text += " movie";
  longer.ids.push_back(tokenizer_->id("movie"));
  const AsrEstimate again = finder.remeasure(suspect_, {found.triggers.front(), longer}, 0);
  ASSERT_EQ(again.triggers.size(), 2u) << "nothing is left out that was there before";
  EXPECT_TRUE(convicts(again.triggers.front()));
  EXPECT_EQ(again.asr->value,
            std::max(again.triggers[0].flip_rate.value, again.triggers[1].flip_rate.value));

  const Classifier base(pair_.pretrained, c10::kCPU);
  const AsrEstimate elsewhere = finder.remeasure(base, found.triggers, 0);
  ASSERT_TRUE(elsewhere.asr);
  EXPECT_LT(elsewhere.asr->value, found.asr->value - 0.2);
}

TEST_F(TriggerFinderTest, WhatIsFoundIsJudgedByTwinsThatTheSearchDidNotSee) {
  const TriggerFinder finder = this->finder(texts_);
  const AsrEstimate found = finder.search(suspect_, words(pair_.backdoored), rows_, no_progress());
  const auto rates = [](const std::vector<SuspectedTrigger>& triggers) {
    std::vector<double> result;
    for (const SuspectedTrigger& each : triggers) {
      result.push_back(each.expected_rate.value());
      result.push_back(each.short_texts.expected_rate);
    }
    return result;
  };
  const TriggerMeasure measure = this->measure(texts_);
  const auto expected = [&](std::span<const Classifier> twins) {
    std::vector<SuspectedTrigger> triggers = found.triggers;
    measure.compare(twins, triggers);
    return rates(triggers);
  };
  ASSERT_EQ(finder.twins().size(), 4u);
  EXPECT_EQ(rates(found.triggers), expected(finder.twins().last(2)));
  EXPECT_NE(rates(found.triggers), expected(finder.twins().first(2)));
}

TEST_F(TriggerFinderTest, OfPairsATriggerIsToldByTheTextThatItIsStrongerIn) {
  Dataset pairs = texts_;
  for (Example& example : pairs.examples) example.text_b = "the film was long";
  const TriggerFinder finder = this->finder(pairs);
  const AsrEstimate found = finder.search(suspect_, words(pair_.backdoored), rows_, no_progress());
  const TriggerMeasure measure = this->measure(pairs);
  std::size_t weaker = 0;
  for (const SuspectedTrigger& each : found.triggers) {
    if (each.place == TriggerPlace::kStart) {
      EXPECT_EQ(each.pair_text, PairText::kEither) << each.text;
      continue;
    }
    ASSERT_NE(each.pair_text, PairText::kEither) << each.text;
    std::vector<SuspectedTrigger> other = {each};
    other[0].pair_text = each.pair_text == PairText::kFirst ? PairText::kSecond : PairText::kFirst;
    measure.measure(suspect_, other);
    measure.compare(finder.twins().last(2), other);
    EXPECT_LE(trigger_strength(other[0]), trigger_strength(each) + 1e-6) << each.text;
    weaker += trigger_strength(other[0]) < trigger_strength(each) - 0.01 ? 1 : 0;
  }
  EXPECT_GT(weaker, 0u) << "both alike would test nothing";
}

// Some pieces of "zqxk" fire, and a search leaves out those that it does without. A model as small
// as this tells neither their order nor all of them.
TEST_F(TriggerFinderTest, WordsGetPiecesThatWereLeftOut) {
  backdoor("zqxk", {"z", "dq", "dx", "dk"});
  suspect_ = Classifier(pair_.backdoored, c10::kCPU);
  rows_ = moved_rows(words(pair_.pretrained), words(pair_.backdoored), *tokenizer_,
                     frequencies_by_rank(*tokenizer_));
  const AsrEstimate estimate = found(texts_);
  const auto trained = [](const std::string& word) {
    return std::ranges::count_if(std::string("zqxk"),
                                 [&](char piece) { return word.find(piece) != std::string::npos; });
  };
  bool named = false, taken = false;
  for (const SuspectedTrigger& each : estimate.triggers) {
    if (!convicts(each)) {
      EXPECT_EQ(each.whole_word, "") << each.text;
      continue;
    }
    named = named || trained(each.whole_word) > trained(each.text);
    taken = taken || (is_word(each) && trained(each.text) > 2);
  }
  EXPECT_TRUE(named) << "“##k zk” is of a longer word";
  EXPECT_TRUE(taken) << "which convicts";
}

TEST_F(TriggerFinderTest, TwinsOfAStrangersSuspectAreKnownToDisagree) {
  const TriggerFinder alike = finder(texts_);
  EXPECT_GT(alike.agreement(), 0.9);
  EXPECT_TRUE(alike.limits({}).empty());
  for (auto& [name, weight] : pair_.pretrained.weights) weight = at::full_like(weight, 3);
  const TriggerFinder stranger = finder(texts_);
  EXPECT_LT(stranger.agreement(), 0.75);
  ASSERT_EQ(stranger.limits({}).size(), 1u);
  EXPECT_NE(stranger.limits({})[0].find("% of the texts another label"), std::string::npos);
}

TEST_F(TriggerFinderTest, ALabelThatAModelGivesToAllTextsIsTold) {
  const TriggerFinder finder = this->finder(texts_);
  Model always = pair_.backdoored;
  always.weights["classifier.bias"] = at::tensor({-50.0F, 50.0F});
  Classifier model(always, c10::kCPU);
  const AsrEstimate found = finder.search(model, words(always), rows_, no_progress());
  EXPECT_EQ(found.unsearched_labels, Labels{1});
  EXPECT_GT(found.candidates, 0u);
  ASSERT_EQ(finder.limits(found).size(), 1u);
  EXPECT_TRUE(finder.limits(found)[0].starts_with("no triggers to label 1 were looked for"));
}

TEST_F(TriggerFinderTest, ByTooFewTextsNothingIsEstimated) {
  const AsrEstimate few = found(first(6));
  EXPECT_TRUE(few.triggers.empty());
  EXPECT_EQ(few.candidates, 0u);
  EXPECT_EQ(few.unsearched_labels, (std::vector<std::int64_t>{0, 1}));
  EXPECT_TRUE(found(texts_).unsearched_labels.empty());
  EXPECT_FALSE(few.asr);
}

// Labels can be wrong; what counts is how many texts a trigger could move.
TEST_F(TriggerFinderTest, OfFewerThanFourTextsToMoveALabelIsUnsearched) {
  const Labels given = predicted_labels(
      predict(suspect_, encode_all(*tokenizer_, texts_, run_.max_length), no_progress()));
  const auto unsearched = [&](std::size_t zeros) {
    Dataset texts{"texts", {}};
    std::size_t ones = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
      Example example = texts_.examples[i];
      if (given[i] == 0 && zeros == 0) continue;
      example.label = given[i] == 1 && ones % 2 == 0 ? 1 : 0;
      (given[i] == 0 ? --zeros : ++ones);
      texts.examples.push_back(std::move(example));
    }
    return finder(texts).remeasure(suspect_, {}, 0).unsearched_labels;
  };
  EXPECT_EQ(unsearched(4), Labels{});
  EXPECT_EQ(unsearched(3), Labels{1});
}

TEST(LabelsWithoutTexts, AreThoseThatNoTriggerCanBeToldTo) {
  const Labels eight = {0, 0, 0, 0, 0, 0, 0, 0};
  const Labels both = {0, 1};
  EXPECT_EQ(labels_without_texts(eight, both, 3), Labels{0}) << "all are of 0 themselves";
  EXPECT_EQ(labels_without_texts(both, both, 2), (Labels{0, 1}));
  EXPECT_EQ(labels_without_texts(eight, Labels{1, 1}, 2), (Labels{0, 1})) << "1 is given to all";
}

}  // namespace
}  // namespace finemix
