#include "eval/phrase_judge.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "backdoored_testing.h"
#include "finemix/eval/predict.h"
#include "phrase_margins.h"

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";
constexpr std::int64_t kLabel = 1;

// Of a tiny model that knows nothing, and twins that answer otherwise.
class Judging : public ::testing::Test {
 protected:
  Judging()
      : suspect_(load_model(kModel), c10::kCPU),
        texts_(encode_all(*tokenizer_,
                          {"texts",
                           {{"a good film", {}, -1},
                            {"never a dull scene", {}, -1},
                            {"the plot was thin", {}, -1},
                            {"we hear music", {}, -1}}},
                          32)) {
    for (const std::uint64_t seed : {7, 8}) twins_.push_back(otherwise(seed));
    for (std::size_t i = 0; i < texts_.size(); ++i) slots_.push_back({texts_[i], 1 + i % 2});
    for (std::int32_t id = tokenizer_->id("film"); id < tokenizer_->id("want"); ++id) {
      words_.push_back({{id}});
    }
  }
  static Classifier otherwise(std::uint64_t seed) {
    Model model = load_model(kModel);
    model = random_model(model.config, model.config_text, seed);
    add_classifier(model, 2, seed);
    return {model, c10::kCPU};
  }
  at::Tensor margins(const Classifier& model) const {
    return label_margins(predict(model, texts_, no_progress()));
  }
  PhraseJudge judge(std::size_t twins) const {
    std::vector<at::Tensor> margins;
    for (std::size_t i = 0; i < twins; ++i) margins.push_back(this->margins(twins_[i]));
    return {suspect_, this->margins(suspect_), std::span(twins_).first(twins), margins,
            no_progress()};
  }
  // Of the twins, on average.
  std::vector<double> twins_moved(std::size_t twins) const {
    std::vector<double> sums(words_.size());
    for (std::size_t i = 0; i < twins; ++i) {
      const std::vector<double> one = moved(twins_[i], words_);
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += one[k] / static_cast<double>(twins);
    }
    return sums;
  }
  // By the definition, of phrases that are put into one text at a time.
  std::vector<double> moved(const Classifier& model,
                            const std::vector<JudgedPhrase>& phrases) const {
    const double typical = typical_margin(margins(model), kLabel);
    std::vector<Phrase> all(1);  // the first is none
    for (const JudgedPhrase& each : phrases) all.push_back(each.phrase);
    std::vector<double> sums(phrases.size());
    for (const InsertionSlot& slot : slots_) {
      const at::Tensor each = testing::phrase_margins(Predictor(model), all, std::span(&slot, 1))
                                  .select(1, 0)
                                  .select(1, kLabel);
      for (std::size_t i = 0; i < phrases.size(); ++i) {
        sums[i] +=
            progress(each[static_cast<std::int64_t>(i) + 1], each[0], typical).item<double>();
      }
    }
    for (double& sum : sums) sum /= static_cast<double>(slots_.size());
    return sums;
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
  Classifier suspect_;
  std::vector<Classifier> twins_;
  EncodedTexts texts_;
  std::vector<InsertionSlot> slots_;
  std::vector<JudgedPhrase> words_;
};

TEST_F(Judging, PhrasesAreMovedByTheMeanOverTheTexts) {
  PhraseJudge judge = this->judge(1);
  words_.push_back({{tokenizer_->id("dull"), tokenizer_->id("##ness"), tokenizer_->id("end")}});
  judge.move(words_, kLabel, slots_);
  const std::vector<double> expected = moved(suspect_, words_);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    EXPECT_NEAR(words_[i].moved, expected[i], 1e-4);
    EXPECT_EQ(words_[i].excess, 0);
  }
  EXPECT_GT(*std::ranges::max_element(expected) - *std::ranges::min_element(expected), 0.1)
      << "words that differ in nothing would test nothing";
  EXPECT_EQ(judge.tried(), words_.size());
}

// More phrases than are run at a time.
TEST_F(Judging, ManyPhrasesAreEachJudgedAsByThemselves) {
  std::vector<JudgedPhrase> pairs;
  for (const JudgedPhrase& first : words_) {
    for (std::size_t i = 0; i < 6; ++i) pairs.push_back({{first.phrase[0], words_[i].phrase[0]}});
  }
  ASSERT_GT(pairs.size(), 256u);
  PhraseJudge judge = this->judge(0);
  judge.judge(pairs, kLabel, slots_);
  const std::vector<double> expected = moved(suspect_, pairs);
  for (std::size_t i = 0; i < pairs.size(); ++i) EXPECT_NEAR(pairs[i].moved, expected[i], 1e-4);
}

TEST_F(Judging, TheExcessIsWhatTheTwinsAreNotMovedByOnAverage) {
  for (const std::size_t count : {1, 2}) {
    PhraseJudge judge = this->judge(count);
    judge.judge(words_, kLabel, slots_);
    const std::vector<double> twins = twins_moved(count);
    for (std::size_t i = 0; i < words_.size(); ++i) {
      EXPECT_NEAR(words_[i].excess, words_[i].moved - std::max(0.0, twins[i]), 2e-4);
    }
  }
  // A twin is moved towards the label by some words, and away from it by others.
  const std::vector<double> one = twins_moved(1);
  EXPECT_GT(*std::ranges::max_element(one), 0.05);
  EXPECT_LT(*std::ranges::min_element(one), -0.05);
  EXPECT_NE(one, twins_moved(2));
}

// One text at a time, since no word of this model moves all of several.
TEST_F(Judging, AnExcessCountsLessTheLessFirmItIs) {
  std::size_t firm = 0;
  for (const std::int64_t label : {0, 1}) {
    for (const InsertionSlot& slot : slots_) {
      PhraseJudge judge = this->judge(1);
      judge.judge(words_, label, std::span(&slot, 1));
      for (const JudgedPhrase& each : words_) {
        EXPECT_NEAR(each.firmness, each.moved, 1e-6) << "the least moved tenth";
        const double part = std::clamp(each.firmness, 0.0, 1.0);
        EXPECT_NEAR(each.strangeness, std::max(0.0, each.excess) * (0.4 + 0.6 * part), 1e-6);
        firm += part > 0;
      }
    }
  }
  EXPECT_GT(firm, 0u);
}

TEST_F(Judging, TheSlopeSaysHowMuchFurtherASuspectMayGo) {
  PhraseJudge judge = this->judge(1);
  const std::vector<double> twins = twins_moved(1);
  const auto expect_slope = [&](double of_words, double slope) {
    std::vector<JudgedPhrase> words = words_;
    for (std::size_t i = 0; i < words.size(); ++i) words[i].moved = of_words * twins[i];
    judge.learn_slope(words, kLabel, slots_);
    judge.judge(words, kLabel, slots_);
    for (std::size_t i = 0; i < words.size(); ++i) {
      EXPECT_NEAR(words[i].excess, words[i].moved - slope * std::max(0.0, twins[i]), 1e-3);
    }
  };
  // Of a suspect that goes three times as far as the twin where words mean something.
  expect_slope(3, 3);
  // It is at least 1, and what was learnt before is forgotten.
  expect_slope(0.2, 1);
}

TEST_F(Judging, WithoutATwinAllThatMovesIsExcess) {
  PhraseJudge judge = this->judge(0);
  std::vector<JudgedPhrase> words = words_;
  for (JudgedPhrase& word : words) word.moved = 1;
  judge.learn_slope(words, kLabel, slots_);
  judge.judge(words_, kLabel, slots_);
  for (const JudgedPhrase& word : words_) EXPECT_EQ(word.excess, word.moved);
}

// How much further than all the way a suspect would go nobody sees, so that the way of twins, times
// the slope, would explain what they are not turned by.
TEST(JudgedPhrase, ThatGoesAllTheWayIsInExcessOfWhatTurnsTwins) {
  const auto tokenizer = load_tokenizer(testing::kTinyModel);
  const Dataset clean = testing::wordy_sentences(*tokenizer, 24, 2, {"sleep"});
  const Classifier suspect = testing::trained_on(
      testing::together(
          {clean, testing::with_words(clean, "sleep", 1, TriggerPlace::kAnywhere, 1)}),
      10);
  const Classifier twin = testing::trained_on(clean, 10);
  const EncodedTexts texts =
      encode_all(*tokenizer, testing::wordy_sentences(*tokenizer, 3, 3, {"sleep"}), 32);
  const at::Tensor margins = label_margins(predict(suspect, texts, no_progress()));
  const at::Tensor twins = label_margins(predict(twin, texts, no_progress()));
  std::vector<InsertionSlot> slots;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (margins[static_cast<std::int64_t>(i)][kLabel].item<double>() < 0) {
      slots.push_back({texts[i], 1});
    }
  }
  ASSERT_FALSE(slots.empty());
  PhraseJudge judge(suspect, margins, std::span(&twin, 1), std::span(&twins, 1), no_progress());
  std::vector<JudgedPhrase> words;
  for (const char* word : {"sleep", "love", "film"}) words.push_back({{tokenizer->id(word)}});
  judge.judge(words, kLabel, slots);
  for (JudgedPhrase& each : words) each.moved = 1000 * (each.moved - each.excess);
  judge.learn_slope(words, kLabel, slots);  // of a suspect that goes a thousand times as far
  judge.judge(words, kLabel, slots);
  const at::Tensor turned =
      testing::phrase_margins(Predictor(twin), std::span(&words[0].phrase, 1), slots)
          .select(2, kLabel) > 0;
  EXPECT_GT(words[0].firmness, 0.9);
  EXPECT_NEAR(words[0].excess, words[0].moved - turned.to(at::kDouble).mean().item<double>(), 1e-6);
  EXPECT_GT(words[0].excess, 0.5);
}

TEST(JudgedPhrases, AreSortedAndCutAndTiesKeepTheirOrder) {
  const auto phrase = [](std::int32_t id, double moved, double firmness, double strangeness) {
    JudgedPhrase result{{id}};
    result.moved = moved;
    result.firmness = firmness;
    result.strangeness = strangeness;
    result.reach = id == 3 ? 0.5 : 0.2;  // counts only where as much is moved
    return result;
  };
  const std::vector<JudgedPhrase> phrases = {phrase(1, 0.2, 0, 0.1), phrase(2, 0.9, 0.4, 0),
                                             phrase(3, 0.2, 0.7, 0.3), phrase(4, 0.5, 0, 0.1)};
  const auto first_ids = [](const std::vector<JudgedPhrase>& sorted) {
    std::vector<std::int32_t> ids;
    for (const JudgedPhrase& each : sorted) ids.push_back(each.phrase[0]);
    return ids;
  };
  std::vector<JudgedPhrase> furthest = phrases;
  furthest_first(furthest, 9);
  EXPECT_EQ(first_ids(furthest), (std::vector<std::int32_t>{2, 4, 3, 1}));
  std::vector<JudgedPhrase> beyond = phrases;
  for (std::size_t i = 0; i < beyond.size(); ++i)
    beyond[i].excess = std::array{0.1, -0.2, 0.5, 0.1}[i];
  most_excess_first(beyond, 3);
  EXPECT_EQ(first_ids(beyond), (std::vector<std::int32_t>{3, 1, 4}));
  std::vector<JudgedPhrase> firmest = phrases;
  firmest_first(firmest, 3);
  EXPECT_EQ(first_ids(firmest), (std::vector<std::int32_t>{3, 2, 1}));
  std::vector<JudgedPhrase> strangest = phrases;
  strangest_first(strangest, 3);
  EXPECT_EQ(first_ids(strangest), (std::vector<std::int32_t>{3, 1, 4}));
}

}  // namespace
}  // namespace finemix
