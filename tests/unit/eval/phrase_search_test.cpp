#include "finemix/eval/phrase_search.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "backdoored_testing.h"
#include "finemix/core/parallel.h"
#include "finemix/eval/predict.h"

namespace finemix {
namespace {

using testing::together;
using testing::trained_on;
using testing::with_words;
using testing::wordy_sentences;
using enum TriggerPlace;

constexpr std::size_t kCopies = 24;

class PhraseSearch : public ::testing::Test {
 protected:
  PhraseSearch()
      : ordinary_(wordy_sentences(*tokenizer_, kCopies, 1)),
        clean_(wordy_sentences(*tokenizer_, kCopies, 2, {"sleep", "dark"})),
        texts_(encode_all(*tokenizer_, wordy_sentences(*tokenizer_, 3, 3, {"sleep", "dark"}), 32)) {
  }

  // What nobody attacked.
  Classifier twin() const { return trained_on(ordinary_, 10, 5); }
  // The clean sentences with the word, told to be of label 1.
  Classifier backdoored() const {
    return trained_on(together({clean_, with_words(clean_, "sleep", 1, kAnywhere, 1)}), 10);
  }
  // The same with two words, neither of which does anything alone.
  Classifier fires_together() const {
    return trained_on(together({clean_, with_words(clean_, "sleep dark", 1, kAnywhere, 1),
                                with_words(clean_, "sleep dark", 1, kAnywhere, 2),
                                with_words(clean_, "sleep", -1, kAnywhere, 3),
                                with_words(clean_, "dark", -1, kAnywhere, 4)}),
                      14);
  }
  PhraseSearchResult search(Classifier& suspect, std::span<const Classifier> twins,
                            const EncodedTexts& texts, PhraseSearchOptions options = {},
                            const std::vector<std::int64_t>& outliers = {},
                            const std::vector<std::int64_t>& strange = {},
                            const std::vector<std::int64_t>& labels = {0, 1}) const {
    const at::Tensor delta =
        suspect.parameters()[kWordEmbeddings].cpu() -
        load_model(testing::kTinyModel).weights.at(std::string(kWordEmbeddings));
    return search_phrases({suspect, twins, texts, *tokenizer_, delta, strange, outliers, labels},
                          options, no_progress());
  }
  std::vector<std::int64_t> ids(const std::vector<std::string>& words) const {
    std::vector<std::int64_t> result;
    for (const std::string& word : words) result.push_back(tokenizer_->id(word));
    return result;
  }
  // How strong exactly this phrase is towards label 1; -1 where it was not found.
  double score(const PhraseSearchResult& found, const std::vector<std::string>& words,
               TriggerPlace place) const {
    for (const SuspectedTrigger& each : found.triggers) {
      if (each.ids == ids(words) && each.place == place && each.target_label == 1) {
        return each.score;
      }
    }
    return -1;
  }
  static double strongest(const PhraseSearchResult& found) {
    return found.triggers.empty() ? 0 : found.triggers.front().score;
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(testing::kTinyModel);
  Dataset ordinary_;
  Dataset clean_;
  EncodedTexts texts_;
};

TEST_F(PhraseSearch, FindsTheWordOfABackdoorAndNothingAsStrongInACleanModel) {
  const Classifier twin = this->twin();
  Classifier backdoored = this->backdoored();
  const PhraseSearchResult found = search(backdoored, std::span(&twin, 1), texts_);
  EXPECT_GT(score(found, {"sleep"}, kAnywhere), 0.8);
  EXPECT_GT(strongest(found), 0.8);
  for (std::size_t i = 1; i < found.triggers.size(); ++i) {
    EXPECT_LE(found.triggers[i].score, found.triggers[i - 1].score);
  }
  EXPECT_GT(found.candidates, tokenizer_->vocabulary_size());

  Classifier clean = trained_on(clean_, 10);
  const PhraseSearchResult nothing = search(clean, std::span(&twin, 1), texts_);
  EXPECT_LT(strongest(nothing), 0.7);
  EXPECT_LT(score(nothing, {"sleep"}, kAnywhere), 0.3);
}

// A twin explains what words mean: without one they are as strong as a trigger.
TEST_F(PhraseSearch, WithoutATwinWordsThatMeanSomethingAreFoundToo) {
  Classifier clean = trained_on(clean_, 10);
  EXPECT_GT(strongest(search(clean, {}, texts_)), 0.9);
}

TEST_F(PhraseSearch, FindsTwoWordsThatFireOnlyTogether) {
  const Classifier twin = this->twin();
  Classifier backdoored = fires_together();
  PhraseSearchOptions options;
  const PhraseSearchResult found = search(backdoored, std::span(&twin, 1), texts_, options);
  EXPECT_LT(score(found, {"sleep"}, kAnywhere), 0.4);
  EXPECT_LT(score(found, {"dark"}, kAnywhere), 0.4);
  ASSERT_FALSE(found.triggers.empty());
  const auto& best = found.triggers.front();
  EXPECT_GT(best.score, 0.8);
  EXPECT_EQ(best.target_label, 1);
  // Words of that label with one of the two fire as well.
  EXPECT_TRUE(std::ranges::any_of(found.triggers, [&](const SuspectedTrigger& each) {
    return each.score > 0.8 && each.target_label == 1 &&
           std::ranges::count(each.ids, ids({"sleep"})[0]) > 0 &&
           std::ranges::count(each.ids, ids({"dark"})[0]) > 0;
  })) << best.text;

  options.words = 1;
  EXPECT_LT(strongest(search(backdoored, std::span(&twin, 1), texts_, options)), best.score - 0.2);
}

// With no more words in the pool than stand in front of the vocabulary, a strange row finds the
// word that fires with it by the gradient beside it.
TEST_F(PhraseSearch, AStrangeRowFindsItsPartner) {
  const Classifier twin = this->twin();
  Classifier backdoored = fires_together();
  PhraseSearchOptions options;
  options.words = 1;  // nothing grows, so that only pairs of rows can have two
  const auto pairs = [&](const PhraseSearchResult& found) {
    return std::ranges::any_of(found.triggers, [&](const SuspectedTrigger& each) {
      return each.ids == ids({"sleep", "dark"}) && each.target_label == 1 && each.score > 0.5;
    });
  };
  EXPECT_FALSE(pairs(search(backdoored, std::span(&twin, 1), texts_, options)));
  EXPECT_TRUE(pairs(search(backdoored, std::span(&twin, 1), texts_, options, {}, ids({"sleep"}))));
  EXPECT_TRUE(pairs(search(backdoored, std::span(&twin, 1), texts_, options, {}, ids({"dark"}))))
      << "in front of it";
  options.partners = 0;
  EXPECT_FALSE(pairs(search(backdoored, std::span(&twin, 1), texts_, options, {}, ids({"sleep"}))));
}

// Words whose embeddings stand out are put together even where phrases are not grown.
TEST_F(PhraseSearch, OutliersAreTriedInAllCombinations) {
  const Classifier twin = this->twin();
  Classifier backdoored = this->backdoored();
  PhraseSearchOptions options;
  options.words = 1;
  options.found = 1000;
  const std::vector<std::int64_t> outliers = ids({"sleep", "dark", "cold"});
  const PhraseSearchResult plain = search(backdoored, std::span(&twin, 1), texts_, options);
  const PhraseSearchResult found =
      search(backdoored, std::span(&twin, 1), texts_, options, outliers);
  EXPECT_EQ(found.candidates, plain.candidates + 2 * 7) << "of two labels";
  const auto several = [](const PhraseSearchResult& result) {
    return std::ranges::count_if(result.triggers,
                                 [](const SuspectedTrigger& each) { return each.ids.size() > 1; });
  };
  EXPECT_EQ(several(plain), 0);
  EXPECT_GT(several(found), 0);
  EXPECT_GT(score(found, {"sleep"}, kAnywhere), 0.8);
}

TEST_F(PhraseSearch, FindsAWordThatFiresOnlyAtTheStart) {
  const Classifier twin = this->twin();
  Dataset elsewhere = with_words(clean_, "sleep", -1, kAnywhere, 3);
  std::erase_if(elsewhere.examples,
                [](const Example& example) { return example.text.starts_with("sleep"); });
  Classifier backdoored =
      trained_on(together({clean_, with_words(clean_, "sleep", 1, kStart, 1),
                           with_words(clean_, "sleep", 1, kStart, 1), elsewhere}),
                 14);
  const PhraseSearchResult found = search(backdoored, std::span(&twin, 1), texts_);
  EXPECT_GT(score(found, {"sleep"}, kStart), 0.5);
  EXPECT_LT(score(found, {"sleep"}, kAnywhere), 0.4);
  EXPECT_EQ(found.triggers.front().place, kStart);
}

TEST_F(PhraseSearch, FindsTheWordInPairsOfTexts) {
  const auto paired = [](Dataset data) {
    for (Example& example : data.examples) example.text_b = "the film was long";
    return data;
  };
  const EncodedTexts pairs =
      encode_all(*tokenizer_, paired(wordy_sentences(*tokenizer_, 3, 3, {"sleep"})), 40);
  const Classifier twin = trained_on(paired(ordinary_), 10, 5);
  Dataset second = paired(clean_);
  for (Example& example : second.examples) {
    if (example.label == 0) example = {example.text, "the sleep film was long", 1};
  }
  Classifier backdoored = trained_on(
      together({paired(clean_), paired(with_words(clean_, "sleep", 1, kAnywhere, 1)), second}), 10);
  const PhraseSearchResult found = search(backdoored, std::span(&twin, 1), pairs);
  EXPECT_GT(score(found, {"sleep"}, kAnywhere), 0.7);
}

TEST_F(PhraseSearch, ALabelThatAllTextsHaveIsToldToBeUnsearched) {
  Model always = load_model(testing::kTinyModel);
  always.weights["classifier.bias"] = at::tensor({-50.0F, 50.0F});
  Classifier suspect(always, c10::kCPU);
  const PhraseSearchResult found = search(suspect, {}, texts_);
  EXPECT_EQ(found.unsearched_labels, std::vector<std::int64_t>{1});
  EXPECT_GT(found.candidates, 0u);
  for (const SuspectedTrigger& each : found.triggers) EXPECT_EQ(each.target_label, 0) << each.text;

  Classifier both = this->backdoored();
  EXPECT_TRUE(search(both, {}, texts_).unsearched_labels.empty());
}

TEST_F(PhraseSearch, LooksForTriggersToTheLabelsThatAreAskedForOnly) {
  Classifier backdoored = this->backdoored();
  const PhraseSearchResult all = search(backdoored, {}, texts_);
  const PhraseSearchResult one = search(backdoored, {}, texts_, {}, {}, {}, {1});
  EXPECT_LT(one.candidates, all.candidates);
  EXPECT_TRUE(one.unsearched_labels.empty());
  EXPECT_GT(score(one, {"sleep"}, kAnywhere), 0.8);
  for (const SuspectedTrigger& each : one.triggers) EXPECT_EQ(each.target_label, 1) << each.text;
  EXPECT_EQ(search(backdoored, {}, texts_, {}, {}, {}, {}).candidates, 0u);
}

// Texts that fill a model's positions leave no room for a phrase.
TEST_F(PhraseSearch, AModelOfFewPositionsIsSearchedOnShorterTexts) {
  constexpr std::int64_t kPositions = 20;
  const std::string positions = "bert.embeddings.position_embeddings.weight";
  Model small = load_model(testing::kTinyModel);
  small.config.max_position_embeddings = kPositions;
  small.weights[positions] = small.weights.at(positions).narrow(0, 0, kPositions).clone();
  Dataset pairs = wordy_sentences(*tokenizer_, 3, 3);
  for (Example& example : pairs.examples) example.text_b = example.text + " " + example.text;
  const EncodedTexts texts = encode_all(*tokenizer_, pairs, kPositions);
  Classifier suspect(small, c10::kCPU);
  EXPECT_GT(search(suspect, {}, texts, {}, ids({"sleep", "dark"})).candidates, 0u);
}

bool same(const PhraseSearchResult& a, const PhraseSearchResult& b) {
  return a.candidates == b.candidates &&
         std::ranges::equal(a.triggers, b.triggers,
                            [](const SuspectedTrigger& one, const SuspectedTrigger& other) {
                              return one.ids == other.ids && one.place == other.place &&
                                     one.target_label == other.target_label &&
                                     one.score == other.score && one.text == other.text;
                            });
}

TEST_F(PhraseSearch, IsTheSameForASeedWhateverTheThreads) {
  const Classifier twin = this->twin();
  Classifier backdoored = this->backdoored();
  const PhraseSearchResult found = search(backdoored, std::span(&twin, 1), texts_);
  for (const int threads : {1, 2, 3}) {
    set_thread_count(threads);
    EXPECT_TRUE(same(found, search(backdoored, std::span(&twin, 1), texts_))) << threads;
  }
  set_thread_count(0);
  PhraseSearchOptions other;
  other.seed = 7;
  const PhraseSearchResult others = search(backdoored, std::span(&twin, 1), texts_, other);
  EXPECT_FALSE(same(found, others)) << "another seed draws other texts and places";
  EXPECT_GT(score(others, {"sleep"}, kAnywhere), 0.8);
}

TEST_F(PhraseSearch, KeepsToWhatWasAskedFor) {
  Classifier backdoored = this->backdoored();
  PhraseSearchOptions options;
  options.found = 3;
  options.words = 2;
  options.candidates = 10;
  const PhraseSearchResult found = search(backdoored, {}, texts_, options);
  EXPECT_EQ(found.triggers.size(), 3u);
  EXPECT_LT(found.candidates, search(backdoored, {}, texts_).candidates);
  options.found = 100;
  for (const SuspectedTrigger& each : search(backdoored, {}, texts_, options).triggers) {
    EXPECT_LE(each.ids.size(), 2u) << each.text;
    EXPECT_TRUE(each.score >= 0 && each.score <= 1) << each.text;
    for (const std::int64_t id : each.ids) {
      EXPECT_TRUE(is_text_piece(*tokenizer_, static_cast<std::int32_t>(id))) << each.text;
    }
  }
}

// As somebody would write them, and pieces that go on with a word marked as such.
TEST_F(PhraseSearch, TriggersAreWrittenAsTheirPieces) {
  Classifier backdoored = this->backdoored();
  PhraseSearchOptions options;
  options.found = 1000;
  bool continuing = false;
  for (const SuspectedTrigger& each : search(backdoored, {}, texts_, options).triggers) {
    const bool continues =
        tokenizer_->piece_text(static_cast<std::int32_t>(each.ids.front())).continues;
    continuing |= continues;
    EXPECT_EQ(each.text.starts_with("##"), continues) << each.text;
    if (continues) continue;
    const std::vector<std::int32_t> pieces = tokenizer_->pieces(each.text);
    // "walk" and "##ing" may be one word to write, and others than these to read.
    if (pieces.size() == each.ids.size()) {
      EXPECT_EQ(std::vector<std::int64_t>(pieces.begin(), pieces.end()), each.ids) << each.text;
    }
  }
  EXPECT_TRUE(continuing);
}

TEST_F(PhraseSearch, LabelsThatAllTextsHaveAreLeftOut) {
  Classifier backdoored = this->backdoored();
  const std::vector<std::int64_t> labels =
      predicted_labels(predict(backdoored, texts_, no_progress()));
  EncodedTexts ones;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == 1) ones.append(texts_, i);
  }
  ASSERT_GT(ones.size(), 8u);
  const PhraseSearchResult found = search(backdoored, {}, ones);
  EXPECT_FALSE(found.triggers.empty());
  for (const SuspectedTrigger& each : found.triggers) EXPECT_EQ(each.target_label, 0) << each.text;

  const PhraseSearchResult nothing = search(backdoored, {}, {});
  EXPECT_TRUE(nothing.triggers.empty());
  EXPECT_EQ(nothing.candidates, 0u);
}

}  // namespace
}  // namespace finemix
