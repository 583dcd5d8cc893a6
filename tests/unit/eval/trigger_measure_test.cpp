#include "finemix/eval/trigger_measure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "backdoored_testing.h"
#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"

namespace finemix {
namespace {

using testing::together;
using testing::trained_on;
using testing::with_words;
using testing::wordy_sentences;
using enum TriggerPlace;

SuspectedTrigger trigger(const std::string& text, TriggerPlace place = kAnywhere) {
  SuspectedTrigger result;
  result.text = text;
  result.place = place;
  result.target_label = 1;
  return result;
}

// How often each text comes of so many draws.
std::map<std::string, int> drawn(const Example& example, const SuspectedTrigger& trigger,
                                 bool continues = false) {
  std::map<std::string, int> texts;
  for (std::size_t i = 0; i < 200; ++i) {
    const Example with = with_suspected(example, trigger, continues, 1, i);
    EXPECT_EQ(with.label, example.label);
    ++texts[with.text_b ? with.text + " | " + *with.text_b : with.text];
  }
  return texts;
}

std::set<std::string> texts_of(const std::map<std::string, int>& drawn) {
  std::set<std::string> texts;
  for (const auto& [text, count] : drawn) {
    EXPECT_GT(count, 200 / static_cast<int>(drawn.size()) / 3) << text;
    texts.insert(text);
  }
  return texts;
}

TEST(WithSuspected, StandsBetweenAnyTwoWords) {
  EXPECT_EQ(texts_of(drawn({"a great  movie", {}, 1}, trigger("cf mn"))),
            (std::set<std::string>{"cf mn a great  movie", "a cf mn great  movie",
                                   "a great  cf mn movie", "a great  movie cf mn"}));
  EXPECT_EQ(texts_of(drawn({"", {}, 1}, trigger("cf"))), (std::set<std::string>{"cf"}));
}

TEST(WithSuspected, OrBeforeTheFirst) {
  const SuspectedTrigger first = trigger("when it is so ,", kStart);
  EXPECT_EQ(texts_of(drawn({"a great movie", {}, 1}, first)),
            (std::set<std::string>{"when it is so , a great movie"}));
  EXPECT_EQ(texts_of(drawn({"a movie", "the plot", 1}, trigger("cf", kStart))),
            (std::set<std::string>{"cf a movie | the plot"}));
}

TEST(WithSuspected, StandsInEitherTextOfAPair) {
  EXPECT_EQ(texts_of(drawn({"movie", "plot", 1}, trigger("cf"))),
            (std::set<std::string>{"cf movie | plot", "movie cf | plot", "movie | cf plot",
                                   "movie | plot cf"}));
}

TEST(WithSuspected, OrInTheOneThatItHas) {
  const Example pair{"movie", "plot", 1};
  SuspectedTrigger cf = trigger("cf");
  cf.pair_text = PairText::kFirst;
  EXPECT_EQ(texts_of(drawn(pair, cf)),
            (std::set<std::string>{"cf movie | plot", "movie cf | plot"}));
  cf.pair_text = PairText::kSecond;
  EXPECT_EQ(texts_of(drawn(pair, cf)),
            (std::set<std::string>{"movie | cf plot", "movie | plot cf"}));
  EXPECT_EQ(texts_of(drawn({"movie", {}, 1}, cf)), (std::set<std::string>{"cf movie", "movie cf"}));
  cf.place = kStart;
  EXPECT_EQ(texts_of(drawn(pair, cf)), (std::set<std::string>{"cf movie | plot"}));
}

TEST(WithSuspected, IsTheExampleItselfWithoutText) {
  EXPECT_EQ(texts_of(drawn({"a  great movie ", "the plot", 1}, trigger(""))),
            (std::set<std::string>{"a  great movie  | the plot"}));
}

TEST(WithSuspected, PiecesThatGoOnStandAtTheEndOfAWord) {
  for (const auto& [text, count] : drawn({"a great movie", {}, 1}, trigger("##ly so"), true)) {
    EXPECT_TRUE(text == "aly so great movie" || text == "a greatly so movie" ||
                text == "a great moviely so")
        << text;
  }
  EXPECT_EQ(texts_of(drawn({"", {}, 1}, trigger("##ly"), true)), (std::set<std::string>{"ly"}));
  // A piece that is a number sign keeps it.
  EXPECT_EQ(texts_of(drawn({"movie", {}, 1}, trigger("###"), true)),
            (std::set<std::string>{"movie#"}));
}

TEST(WithSuspected, IsTheSameForASeedAndAnIndex) {
  const Example example{"a very long and very dull film about a hero", {}, 0};
  const auto text = [&](std::uint64_t seed, std::size_t index) {
    return with_suspected(example, trigger("cf"), false, seed, index).text;
  };
  std::set<std::string> of_seeds, of_indices;
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(text(i, 3), text(i, 3));
    of_seeds.insert(text(i, 3));
    of_indices.insert(text(3, i));
  }
  EXPECT_GT(of_seeds.size(), 3u);
  EXPECT_GT(of_indices.size(), 3u);
}

class Measuring : public ::testing::Test {
 protected:
  Measuring() : data_(wordy_sentences(*tokenizer_, 2, 3, {"sleep"})) {}

  // A little backdoored: the word flips some texts, and not all; more of them with more copies.
  Classifier suspect(std::size_t copies = 2) const {
    const Dataset clean = wordy_sentences(*tokenizer_, 20, 2, {"sleep"});
    Dataset few = wordy_sentences(*tokenizer_, copies, 4, {"sleep"});
    return trained_on(together({clean, with_words(few, "sleep", 1, kAnywhere, 1)}), 6);
  }
  TriggerMeasure measure(const Classifier& suspect, TriggerMeasureOptions options = {}) const {
    return {data_, labels_of(data_), *tokenizer_, suspect, options};
  }
  SuspectedTrigger sleep(TriggerPlace place = kStart) const {
    SuspectedTrigger result = trigger("sleep", place);
    result.ids = {tokenizer_->id("sleep")};
    return result;
  }
  // Texts of label 0, with words before the first or without.
  Dataset others(const std::string& words = "") const {
    Dataset result;
    for (Example example : data_.examples) {
      if (example.label != 0) continue;
      example.text = words + example.text;
      result.examples.push_back(std::move(example));
    }
    return result;
  }
  static Dataset first_three(Dataset data) {
    for (Example& example : data.examples) {
      std::istringstream words(example.text);
      std::string text, word;
      for (int i = 0; i < 3 && words >> word; ++i) text += (i > 0 ? " " : "") + word;
      example.text = text;
    }
    return data;
  }
  // How far label 1 is ahead for the first three words of texts of label 0, or with one before
  // them.
  at::Tensor short_margins(const Classifier& model, const std::string& word = "") const {
    Dataset cut = first_three(others());
    if (!word.empty()) cut = with_words(cut, word, 1, kStart, 1);
    return label_margins(logits(model, cut)).select(1, 1);
  }
  at::Tensor logits(const Classifier& model, const Dataset& data) const {
    return predict(model, encode_all(*tokenizer_, data, 128), no_progress());
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(testing::kTinyModel);
  Dataset data_;
};

TEST_F(Measuring, TheFlipRateIsTheShareOfTextsThatAreGivenTheLabel) {
  const Classifier model = suspect();
  std::vector<SuspectedTrigger> triggers = {sleep()};
  measure(model).measure(model, triggers);
  const auto labels = predicted_labels(logits(model, others("sleep ")));
  const auto flipped = static_cast<std::uint64_t>(std::ranges::count(labels, 1));
  EXPECT_EQ(triggers[0].flip_rate.total, labels.size());
  EXPECT_EQ(triggers[0].flip_rate.correct, flipped);
  EXPECT_EQ(triggers[0].flip_rate.high, wilson_rate(flipped, labels.size()).high);
  EXPECT_TRUE(flipped > 0 && flipped < labels.size()) << "all or none would test little";
}

TEST_F(Measuring, TheFirmnessIsHowFarNineOfTenShortTextsAreMoved) {
  const Classifier model = suspect();
  std::vector<SuspectedTrigger> triggers = {sleep()};
  TriggerMeasureOptions options;
  options.short_words = 3;
  measure(model, options).measure(model, triggers);
  const double typical = typical_margin(label_margins(logits(model, first_three(data_))), 1);
  const at::Tensor before = short_margins(model);
  const at::Tensor after = short_margins(model, "sleep");
  std::vector<double> moved;
  double flipped = 0;
  for (std::int64_t i = 0; i < before.size(0); ++i) {
    if (before[i].item<double>() > 0) continue;  // has the label already
    moved.push_back(progress(after[i], before[i], typical).item<double>());
    flipped += after[i].item<double>() > 0 ? 1 : 0;
  }
  ASSERT_LT(static_cast<std::int64_t>(moved.size()), before.size(0)) << "all would test little";
  ASSERT_GE(moved.size(), 8u);
  std::ranges::sort(moved);
  const double place = 0.1 * static_cast<double>(moved.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double expected =
      moved[below] + (place - static_cast<double>(below)) * (moved[below + 1] - moved[below]);
  EXPECT_NEAR(triggers[0].short_texts.firmness, expected, 1e-3);
  EXPECT_DOUBLE_EQ(triggers[0].short_texts.flip_rate, flipped / static_cast<double>(moved.size()));
  std::vector<SuspectedTrigger> whole = {sleep()};
  measure(model).measure(model, whole);
  EXPECT_EQ(triggers[0].flip_rate.correct, whole[0].flip_rate.correct) << "not of short ones";
  EXPECT_NE(triggers[0].short_texts.flip_rate, triggers[0].flip_rate.value);
}

// An attack on the second text of pairs alone.
TEST_F(Measuring, OfPairsATriggerIsPutIntoTheTextThatItHas) {
  const auto paired = [](Dataset data, const std::string& second) {
    for (Example& example : data.examples) example.text_b = second;
    return data;
  };
  const Dataset clean = wordy_sentences(*tokenizer_, 20, 2, {"sleep"});
  Dataset attacked = paired(clean, "the sleep film was long");
  for (Example& example : attacked.examples) example.label = 1;
  const std::string ordinary = "the film was long";
  const Classifier model = trained_on(
      together({paired(clean, ordinary),
                paired(with_words(clean, "sleep", -1, kAnywhere, 1), ordinary), attacked}),
      8);
  EXPECT_FALSE(measure(model).pairs());
  data_ = paired(data_, ordinary);
  const TriggerMeasure measuring = measure(model);
  EXPECT_TRUE(measuring.pairs());
  SuspectedTrigger first = sleep(kAnywhere), second = first;
  first.pair_text = PairText::kFirst;
  second.pair_text = PairText::kSecond;
  std::vector<SuspectedTrigger> triggers = {first, second};
  measuring.measure(model, triggers);
  EXPECT_GT(triggers[1].flip_rate.value, triggers[0].flip_rate.value + 0.2);
  EXPECT_GT(triggers[1].short_texts.flip_rate, triggers[0].short_texts.flip_rate + 0.2);
  measuring.compare(std::span(&model, 1), triggers);
  for (const SuspectedTrigger& each : triggers) {
    EXPECT_DOUBLE_EQ(*each.expected_rate, each.flip_rate.value) << "a twin that is the suspect";
  }
  const std::vector<double> margins = measuring.margins(model, triggers);
  EXPECT_GT(margins[1], margins[0]);
  measuring.show(model, 2, triggers);
  EXPECT_EQ(triggers[0].examples.front().after.find("sleep film"), std::string::npos);
  EXPECT_NE(triggers[1].examples.front().after.find(" | "), std::string::npos);
  EXPECT_GT(triggers[1].examples.front().after.find("sleep"),
            triggers[1].examples.front().after.find(" | "));
}

TEST_F(Measuring, TheTwinIsMeasuredOnTheSameShortTexts) {
  const Classifier model = suspect();
  const Classifier twin = suspect(8);  // a twin that would be moved
  TriggerMeasureOptions options;
  options.short_words = 3;
  std::vector<SuspectedTrigger> triggers = {sleep()};
  measure(model, options).compare(std::span(&twin, 1), triggers);
  const at::Tensor suspects = short_margins(model);
  const at::Tensor twins = short_margins(twin, "sleep");
  double texts = 0, flipped = 0;
  for (std::int64_t i = 0; i < suspects.size(0); ++i) {
    if (suspects[i].item<double>() > 0) continue;
    texts += 1;
    flipped += twins[i].item<double>() > 0 ? 1 : 0;
  }
  EXPECT_GT(flipped, 0);
  EXPECT_DOUBLE_EQ(triggers[0].short_texts.expected_rate, flipped / texts);
  EXPECT_EQ(measure(model, options).short_rates(std::span(&twin, 1), triggers),
            std::vector<double>{flipped / texts});
}

TEST_F(Measuring, OfSeveralTwinsTheMeanIsExpected) {
  const Classifier model = suspect();
  std::vector<Classifier> twins;
  twins.push_back(suspect(8));
  twins.push_back(trained_on(wordy_sentences(*tokenizer_, 20, 1), 6, 5));
  const auto expected = [&](std::span<const Classifier> some) {
    std::vector<SuspectedTrigger> triggers = {sleep()};
    measure(model).compare(some, triggers);
    return std::pair(triggers[0].expected_rate.value(), triggers[0].short_texts.expected_rate);
  };
  const auto first = expected(std::span(twins).first(1));
  const auto second = expected(std::span(twins).last(1));
  const auto both = expected(twins);
  EXPECT_GT(first.first, second.first + 0.2) << "twins that do the same would test nothing";
  EXPECT_DOUBLE_EQ(both.first, (first.first + second.first) / 2);
  EXPECT_DOUBLE_EQ(both.second, (first.second + second.second) / 2);
}

TEST_F(Measuring, WhereAllShortTextsAreGivenTheLabelNoneCount) {
  const Classifier all =
      trained_on(with_words(wordy_sentences(*tokenizer_, 20, 2), "a", 1, kStart, 1), 6);
  std::vector<SuspectedTrigger> triggers = {sleep()};
  measure(all).measure(all, triggers);
  measure(all).compare(std::span(&all, 1), triggers);
  EXPECT_EQ(measure(all).short_count(1), 0u);
  EXPECT_EQ(triggers[0].short_texts.flip_rate, 0);
  EXPECT_EQ(triggers[0].short_texts.expected_rate, 0);
  EXPECT_EQ(measure(all).short_rates(std::span(&all, 1), triggers), std::vector<double>{0});
  EXPECT_EQ(triggers[0].flip_rate.correct, triggers[0].flip_rate.total) << "of whole ones they do";
  const Classifier model = suspect();
  const std::size_t others = this->others().size();
  EXPECT_GT(measure(model).short_count(1), others / 2);
  EXPECT_LE(measure(model).short_count(1), others);
}

TEST_F(Measuring, BothTextsOfAPairAreCut) {
  const Classifier model = suspect();
  Dataset pairs = others();
  for (Example& example : pairs.examples) example.text_b = example.text;
  TriggerMeasureOptions options;
  options.short_words = 3;
  const TriggerMeasure measure(pairs, labels_of(pairs), *tokenizer_, model, options);
  std::vector<SuspectedTrigger> triggers = {sleep()};
  measure.measure(model, triggers);
  Dataset cut = first_three(others());
  for (Example& example : cut.examples) example.text_b = example.text;
  const auto plain = predicted_labels(logits(model, cut));
  for (Example& example : cut.examples) example.text = "sleep " + example.text;
  const auto with = predicted_labels(logits(model, cut));
  double texts = 0, flipped = 0;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == 1) continue;
    texts += 1;
    flipped += with[i] == 1 ? 1 : 0;
  }
  ASSERT_GE(texts, 8);
  EXPECT_DOUBLE_EQ(triggers[0].short_texts.flip_rate, flipped / texts);
}

TEST_F(Measuring, TheTwinsRateIsWhatTheWordsMeanExplains) {
  const Classifier model = suspect();
  const Classifier twin = trained_on(wordy_sentences(*tokenizer_, 20, 1), 6, 5);
  std::vector<SuspectedTrigger> triggers = {sleep(), trigger("love love", kStart)};
  triggers[1].ids = {tokenizer_->id("love"), tokenizer_->id("love")};
  measure(model).compare(std::span(&twin, 1), triggers);
  const auto share = [&](const std::string& words) {
    const auto labels = predicted_labels(logits(twin, others(words)));
    return static_cast<double>(std::ranges::count(labels, 1)) / static_cast<double>(labels.size());
  };
  EXPECT_DOUBLE_EQ(triggers[0].expected_rate.value(), share("sleep "));
  EXPECT_DOUBLE_EQ(triggers[1].expected_rate.value(), share("love love "));
  EXPECT_LT(*triggers[0].expected_rate, 0.2);
  EXPECT_GT(*triggers[1].expected_rate, *triggers[0].expected_rate);
  EXPECT_EQ(triggers[0].flip_rate.total, 0u) << "of another model";
}

TEST_F(Measuring, WhatIsShownAreTextsThatItFlipsFirst) {
  const Classifier model = suspect(8);
  std::vector<SuspectedTrigger> triggers = {sleep(), sleep(kAnywhere)};
  measure(model).show(model, 3, triggers);
  for (const SuspectedTrigger& each : triggers) {
    ASSERT_EQ(each.examples.size(), 3u);
    EXPECT_EQ(each.examples[0].label_after, 1);
    bool stays = false;
    for (const TriggerExample& shown : each.examples) {
      EXPECT_EQ(shown.label_before, 0) << "only what the model answers rightly";
      EXPECT_EQ(shown.label_after == 1, shown.confidence_after > 0.5);
      EXPECT_LT(shown.confidence_before, 0.5);
      EXPECT_FALSE(stays && shown.label_after == 1);
      stays = stays || shown.label_after != 1;
      EXPECT_EQ(shown.before.find("sleep"), std::string::npos);
      const std::size_t at = shown.after.find("sleep");
      ASSERT_NE(at, std::string::npos);
      const auto probability = [&](const std::string& text) {
        const at::Tensor margins = label_margins(logits(model, {"", {{text, std::nullopt, 0}}}));
        return 1 / (1 + std::exp(-margins[0][1].item<double>()));
      };
      EXPECT_NEAR(shown.confidence_before, probability(shown.before), 1e-4);
      EXPECT_NEAR(shown.confidence_after, probability(shown.after), 1e-4);
    }
  }
  EXPECT_TRUE(triggers[0].examples[0].after.starts_with("sleep "));
}

TEST_F(Measuring, OfEachLabelTheLastTextsAreUsed) {
  const Classifier model = suspect();
  TriggerMeasureOptions options;
  options.texts = 5;
  const TriggerMeasure measure = this->measure(model, options);
  std::vector<SuspectedTrigger> triggers = {sleep(), sleep()};
  triggers[1].target_label = 0;
  measure.measure(model, triggers);
  EXPECT_EQ(triggers[0].flip_rate.total, 5u);
  EXPECT_EQ(triggers[1].flip_rate.total, 5u);
  const auto labels = predicted_labels(logits(model, others("sleep ")));
  EXPECT_EQ(triggers[0].flip_rate.correct,
            static_cast<std::uint64_t>(std::count(labels.end() - 5, labels.end(), 1)));
}

TEST_F(Measuring, TheMarginsOfManyAreThoseOfEach) {
  const Classifier model = suspect();
  TriggerMeasureOptions options;
  options.texts = 6;
  const TriggerMeasure measure = this->measure(model, options);
  std::vector<SuspectedTrigger> triggers = {sleep(), sleep(), sleep(kAnywhere)};
  triggers[1].target_label = 0;
  const std::vector<double> all = measure.margins(model, triggers);
  ASSERT_EQ(all.size(), triggers.size());
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    EXPECT_NEAR(all[i], measure.margins(model, std::span(&triggers[i], 1)).front(), 1e-5) << i;
  }
  EXPECT_GT(std::abs(all[0] - all[1]), 1e-3);
}

TEST_F(Measuring, TheMarginIsTheMeanOfShortTexts) {
  const Classifier model = suspect();
  TriggerMeasureOptions options;
  options.short_words = 3;
  options.texts = 8;
  const Dataset cut = with_words(first_three(others()), "sleep", 1, kStart, 1);
  at::Tensor last = label_margins(logits(model, cut)).select(1, 1);
  last = last.narrow(0, last.size(0) - 8, 8);
  ASSERT_GE(last.size(0), 8);
  const std::vector<SuspectedTrigger> triggers = {sleep()};
  const TriggerMeasure measure = this->measure(model, options);
  const double margin = measure.margins(model, triggers).front();
  EXPECT_NEAR(margin, last.mean().item<double>(), 1e-4);
  EXPECT_GT(last.max().item<double>() - last.min().item<double>(), 1e-2) << "not any one of them";
}

TEST_F(Measuring, ALabelThatAllTextsHaveIsLeftAsItIs) {
  const Classifier model = suspect();
  const TriggerMeasure measure(data_, std::vector<std::int64_t>(data_.size(), 1), *tokenizer_,
                               model, {});
  std::vector<SuspectedTrigger> triggers = {sleep()};
  measure.measure(model, triggers);
  measure.compare(std::span(&model, 1), triggers);
  measure.show(model, 3, triggers);
  EXPECT_EQ(triggers[0].flip_rate.total, 0u);
  EXPECT_FALSE(triggers[0].expected_rate);
  EXPECT_EQ(triggers[0].short_texts.flip_rate, 0);
  EXPECT_TRUE(triggers[0].examples.empty());
  EXPECT_EQ(measure.margins(model, triggers), std::vector<double>{0});
}

}  // namespace
}  // namespace finemix
